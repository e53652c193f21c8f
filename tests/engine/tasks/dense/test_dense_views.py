"""Views of pictures and masks: moved together, lit alone, the same wherever they are made.

Shape suffixes: H and W pixels, C channels.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from mtkd_engine.data.masks.dataset import VOID, MaskDataset
from mtkd_engine.data.masks.load import load_masks
from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks
from mtkd_engine.spec.dense.views import DenseAugmentSpec
from mtkd_engine.tasks.classification.draws import keys_of
from mtkd_engine.tasks.dense import CLEAN
from mtkd_engine.tasks.dense.views import Place, View, drawn_views, nearest_of, picture_of
from mtkd_engine.tasks.segmentation import MaskSplit

AUGMENT = DenseAugmentSpec(views=4, scale=(0.5, 2.0), seed=5)
STILL = {"brightness": 0.0, "contrast": 0.0}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> MaskDataset:
    folder = tmp_path_factory.mktemp("world") / "masks"
    make_masks(folder, pictures=PicturesPerSplit(train=10, val=3, test=3), size=24)
    return load_masks(folder)


def split_of(world: MaskDataset, **more: object) -> MaskSplit:
    given = {"height": 24, "width": 20, "augment": AUGMENT} | more
    return MaskSplit(world, "train", **given)  # type: ignore[arg-type]


def test_a_view_is_a_function_of_seed_sample_and_number_alone(world: MaskDataset) -> None:
    one, other = split_of(world), split_of(world)
    whole = one.batch(range(10), epoch=2)
    turned = other.batch([7, 3, 0], epoch=6)
    assert torch.equal(turned.inputs, whole.inputs[[7, 3, 0]])
    assert torch.equal(turned.truth, whole.truth[[7, 3, 0]])
    assert turned.views_B.tolist() == [2, 2, 2]
    assert turned.sample_ids == [whole.sample_ids[row] for row in (7, 3, 0)]
    assert not torch.equal(one.batch(range(10), epoch=1).inputs, whole.inputs)
    seeded = split_of(world, augment=AUGMENT.model_copy(update={"seed": 6}))
    assert not torch.equal(seeded.batch(range(10), epoch=2).inputs, whole.inputs)


def test_batches_say_what_everybody_shares(world: MaskDataset) -> None:
    batch = split_of(world).batch([1, 4], epoch=0)
    assert (batch.inputs.shape, batch.inputs.dtype) == ((2, 3, 24, 20), torch.uint8)
    assert (batch.truth.shape, batch.truth.dtype) == ((2, 24, 20), torch.uint8)
    assert (batch.rows_B.tolist(), batch.split) == ([1, 4], "train")


def test_clean_views_are_pictures_and_masks_as_they_are(world: MaskDataset) -> None:
    split = split_of(world, augment=None, height=24, width=24, evaluation_batch=4)
    batches = list(split.in_order())
    assert [len(batch.samples) for batch in batches] == [4, 4, 2]
    assert all((batch.views_B == CLEAN).all() for batch in batches)
    for row, sample in enumerate(split.samples):
        batch = batches[row // 4]
        picture_HWC = batch.inputs[row % 4].permute(1, 2, 0).numpy()
        assert np.array_equal(picture_HWC, world.images.full(sample.place))
        assert np.array_equal(batch.truth[row % 4].numpy(), world.masks.at(sample.place))
        assert torch.equal(split.full_truth(row), batch.truth[row % 4])
    assert torch.equal(split.batch([3], epoch=9).inputs, split.at_view(CLEAN, [3]).inputs)


def test_picture_and_truth_move_together() -> None:
    """A picture whose red says its class keeps saying it wherever nothing was mixed."""
    rng = np.random.default_rng(0)
    mask_HW = np.kron(rng.integers(0, 4, (6, 6)), np.ones((8, 8), np.int64)).astype(np.uint8)
    picture_HWC = np.repeat((mask_HW * 60 + 20)[..., None], 3, axis=2)
    spec = AUGMENT.model_copy(update=STILL)
    views = drawn_views(keys_of([str(row) for row in range(40)], seed=1), 3, spec, height=48, width=48)
    assert {view.is_mirrored for view in views} == {False, True}
    for view in views:
        truth_HW = nearest_of(mask_HW, view, nothing=VOID)
        seen_HW = picture_of(picture_HWC, view)[..., 0]
        assert (seen_HW[truth_HW == VOID] == 0).all()
        is_told_HW = truth_HW != VOID
        assert is_told_HW.any()
        exact = (seen_HW[is_told_HW] == truth_HW[is_told_HW] * 60 + 20).mean()
        assert exact > 0.5
        near = np.abs(seen_HW[is_told_HW].astype(int) - (truth_HW[is_told_HW].astype(int) * 60 + 20)) <= 120
        assert near.mean() > 0.95


def test_what_a_small_view_leaves_free_is_black_and_void() -> None:
    view = View(Place(0, 0, 8, 8), Place(1, 4, 4, 4), is_mirrored=False, brightness=0.5, contrast=1.0)
    seen = picture_of(np.full((8, 8, 3), 100, np.uint8), view)
    told = nearest_of(np.zeros((8, 8), np.uint8), view, nothing=VOID)
    assert (told[1:5, 4:] == 0).all()
    assert (told == VOID).sum() == 48
    assert (seen[1:5, 4:] == 228).all()
    assert (seen.sum(2) > 0).sum() == 16


def test_light_changes_the_picture_alone_and_all_frames_alike() -> None:
    whole = Place(0, 0, 6, 6)
    frames = np.random.default_rng(2).integers(0, 256, (3, 6, 6, 3), dtype=np.uint8)
    dark = View(whole, whole, is_mirrored=False, brightness=-0.2, contrast=0.8)
    changed = picture_of(frames, dark)
    levels = {int(old): int(new) for old, new in zip(frames.ravel(), changed.ravel(), strict=True)}
    assert all(levels[int(old)] == int(new) for old, new in zip(frames.ravel(), changed.ravel(), strict=True))
    assert changed.mean() < frames.mean() - 30
    assert np.array_equal(nearest_of(frames[..., 0], dark, nothing=0), frames[..., 0])
    mirrored = View(whole, whole, is_mirrored=True, brightness=0.0, contrast=1.0)
    assert np.array_equal(picture_of(frames, mirrored), frames[:, :, ::-1])


def test_without_crops_the_middle_stays_and_without_scales_all_of_it() -> None:
    keys = keys_of(["a", "b", "c"], seed=0)
    still = DenseAugmentSpec(scale=(2.0, 2.0), crop=False, flip=False, **STILL)
    for view in drawn_views(keys, 0, still, height=20, width=12):
        assert (view.part, view.onto) == (Place(5, 3, 10, 6), Place(0, 0, 20, 12))
        assert not view.is_mirrored
    plain = DenseAugmentSpec(scale=(1.0, 1.0), flip=False, **STILL)
    assert {view.part for view in drawn_views(keys, 0, plain, height=20, width=12)} == {Place(0, 0, 20, 12)}


@pytest.mark.parametrize("scale", [(2.0, 1.0), (0.1, 1.0), (1.0, 5.0)])
def test_scales_out_of_order_or_range_are_refused(scale: tuple[float, float]) -> None:
    with pytest.raises(ValidationError, match=r"accepted are two numbers from 0\.25 to 4"):
        DenseAugmentSpec(scale=scale)
