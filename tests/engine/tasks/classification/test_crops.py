"""Crops of clips: one for all frames, inside the frame, mirrored as told."""

from __future__ import annotations

import numpy as np
import pytest

from mtkd_engine.spec.classification.views import ClipAugmentSpec
from mtkd_engine.tasks.classification.crops import SIDES, Crop, cut, drawn_crops, fixed_crops, middle
from mtkd_engine.tasks.classification.draws import keys_of
from mtkd_engine.tasks.classification.segments import drawn_moments, middles

KEYS = keys_of([f"s{n}" for n in range(500)], seed=3)


def test_drawn_crops_lie_in_the_frame_and_have_four_sides() -> None:
    crops = drawn_crops(KEYS, 2, ClipAugmentSpec(smallest_crop=0.5), width=340, height=256)
    assert {crop.side for crop in crops} == {128, 171, 213, 256}
    assert len({crop.side for crop in crops}) == SIDES
    for crop in crops:
        assert 0 <= crop.left <= 340 - crop.side
        assert 0 <= crop.top <= 256 - crop.side
    small = [crop for crop in crops if crop.side == 128]
    assert min(crop.left for crop in small) < 20
    assert max(crop.left for crop in small) > 190
    assert sum(crop.mirrored for crop in crops) == pytest.approx(250, abs=40)
    assert not any(
        crop.mirrored for crop in drawn_crops(KEYS, 2, ClipAugmentSpec(flip=False), width=340, height=256)
    )


def test_a_crop_depends_on_key_and_view_alone() -> None:
    spec = ClipAugmentSpec()
    several = drawn_crops(KEYS[:9], 4, spec, width=340, height=256)
    assert drawn_crops(KEYS[5:6], 4, spec, width=340, height=256) == [several[5]]
    assert several != drawn_crops(KEYS[:9], 5, spec, width=340, height=256)


def test_fixed_crops_are_the_middle_the_corners_and_their_mirrors() -> None:
    assert fixed_crops(1, width=340, height=256, share=0.5) == [middle(340, 256)] == [Crop(42, 0, 256)]
    ten = fixed_crops(10, width=340, height=256, share=0.5)
    assert [(crop.left, crop.top) for crop in ten[:5]] == [(106, 64), (0, 0), (212, 0), (0, 128), (212, 128)]
    assert {crop.side for crop in ten} == {128}
    assert [crop.mirrored for crop in ten] == [False] * 5 + [True] * 5
    assert fixed_crops(5, width=340, height=256, share=0.5) == ten[:5]


@pytest.mark.parametrize("channels", [2, 3])
def test_a_crop_is_cut_resized_and_mirrored(channels: int) -> None:
    frame_HWC = np.zeros((8, 12, channels), np.uint8)
    frame_HWC[2:6, 4:6], frame_HWC[2:6, 6:8] = 100, 200
    crop = Crop(4, 2, 4)
    seen = cut(frame_HWC[None], crop, size=4)
    assert seen[0, :, :, 0].tolist() == [[100, 100, 200, 200]] * 4
    mirrored = cut(frame_HWC[None], Crop(4, 2, 4, mirrored=True), size=4)
    assert np.array_equal(mirrored, seen[:, :, ::-1])
    left, right = cut(frame_HWC[None], crop, size=2)[0, 0, :, 1].tolist()
    assert 0 < left < 100 + 10 < right < 200, "it shrinks smoothly"


def test_moments_are_one_of_every_part_whatever_the_length() -> None:
    lengths_B = np.array([1, 2, 3, 7, 100])
    middle_BS = middles(lengths_B, 3)
    assert middle_BS.tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 2], [0, 2, 5], [16, 49, 82]]
    for view in range(20):
        drawn_BS = drawn_moments(lengths_B, 3, keys_B=KEYS[:5], view=view)
        assert bool((drawn_BS < lengths_B[:, None]).all())
        assert bool((np.diff(drawn_BS, axis=1) >= 0).all())
