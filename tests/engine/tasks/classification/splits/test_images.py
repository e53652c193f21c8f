"""Views of images are functions of seed, sample and view, whatever batch they come in."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from mtkd_engine.spec import ImageInput
from mtkd_engine.spec.classification.views import AugmentSpec
from mtkd_engine.tasks.classification import CLEAN, ClassBatch, to_input
from mtkd_engine.tasks.classification.pixels import Pixels

EVERYTHING = AugmentSpec(views=4, crop_padding=2, randaugment=2, mixup=0.5)
PLAIN = AugmentSpec(views=4, crop_padding=2)
AUGMENTS = [PLAIN, EVERYTHING, AugmentSpec(views=2, flip=False, crop_padding=0)]


def rows_of(batch: ClassBatch) -> dict[str, tuple[Any, ...]]:
    """Everything that a batch says of each sample."""
    mixed = batch.mixed
    return {
        sample.sample_id: (
            batch.images_BCHW[place].numpy().tobytes(),
            int(batch.labels_B[place]),
            int(batch.views_B[place]),
            None if mixed is None else (int(mixed.labels_B[place]), float(mixed.share_B[place])),
        )
        for place, sample in enumerate(batch.samples)
    }


def test_a_clean_batch_is_the_images_as_they_are(make_images: SimpleNamespace) -> None:
    made = make_images.split(None)
    batch = made.split.batch([5, 2], epoch=3)
    assert torch.equal(
        batch.images_BCHW.permute(0, 2, 3, 1), torch.from_numpy(made.images.pixels_NHWC[[5, 2]])
    )
    assert batch.images_BCHW.dtype == torch.uint8
    assert batch.sample_ids == ["s5", "s2"]
    assert batch.rows_B.tolist() == [5, 2]
    assert batch.views_B.tolist() == [CLEAN, CLEAN]
    assert batch.labels_B.tolist() == made.split.labels_N[[5, 2]].tolist() == [0, 2]
    assert batch.split == "train"
    assert batch.mixed is None


def test_in_order_gives_every_sample_once_and_clean(make_images: SimpleNamespace) -> None:
    made = make_images.split(EVERYTHING)
    batches = list(made.split.in_order(size=25))
    assert [len(batch.samples) for batch in batches] == [25, 25, 10]
    assert torch.cat([batch.rows_B for batch in batches]).tolist() == list(range(60))
    seen = torch.cat([batch.images_BCHW for batch in batches]).permute(0, 2, 3, 1)
    assert torch.equal(seen, torch.from_numpy(made.images.pixels_NHWC))


@pytest.mark.parametrize("augment", AUGMENTS)
def test_a_view_has_the_same_bits_in_any_batch_and_in_another_process_s_split(
    make_images: SimpleNamespace, augment: AugmentSpec
) -> None:
    split = make_images.split(augment).split
    together = rows_of(split.at_view(1, range(60)))
    order = np.random.default_rng(0).permutation(60).tolist()
    again = make_images.split(augment).split
    for start in range(0, 60, 7):
        assert rows_of(again.at_view(1, order[start : start + 7])).items() <= together.items()


def test_views_have_these_bits_or_caches_of_beliefs_must_get_another_format(
    make_images: SimpleNamespace,
) -> None:
    digest = hashlib.sha256(
        make_images.split(EVERYTHING).split.at_view(1, range(60)).images_BCHW.numpy().tobytes()
    )
    assert digest.hexdigest()[:16] == "a70498645cd5813f"


def test_views_do_not_depend_on_the_place_of_a_sample_in_its_split(make_images: SimpleNamespace) -> None:
    augment = EVERYTHING.model_copy(update={"mixup": 0.0})
    forwards = rows_of(make_images.split(augment).split.at_view(2, range(60)))
    backwards = make_images.split(augment, names=range(59, -1, -1)).split
    assert rows_of(backwards.at_view(2, range(60))) == forwards


def test_epochs_go_round_the_views(make_images: SimpleNamespace) -> None:
    split = make_images.split(EVERYTHING).split
    seen = [rows_of(split.batch(range(60), epoch=epoch)) for epoch in range(6)]
    assert seen[0] == seen[4]
    assert seen[1] == seen[5]
    assert seen[1] == rows_of(split.at_view(1, range(60)))
    for one in range(4):
        for other in range(one):
            same = [name for name, row in seen[one].items() if row[0] == seen[other][name][0]]
            assert len(same) < 6


def test_another_seed_makes_other_views(make_images: SimpleNamespace) -> None:
    one = make_images.split(EVERYTHING).split.at_view(0, range(60))
    other = make_images.split(EVERYTHING, seed=1).split.at_view(0, range(60))
    unlike_B = (one.images_BCHW != other.images_BCHW).flatten(1).any(1)
    assert int(unlike_B.sum()) > 55


def test_a_crop_is_a_part_of_the_padded_image_or_its_mirror(make_images: SimpleNamespace) -> None:
    made = make_images.split(PLAIN)
    size, padding = make_images.size, PLAIN.crop_padding
    batch = made.split.at_view(0, range(60))
    found = set()
    for place, view_CHW in enumerate(batch.images_BCHW):
        padded = np.pad(made.images.pixels_NHWC[place], ((padding, padding), (padding, padding), (0, 0)))
        cuts = {
            (down, right, flip): padded[down : down + size, right : right + size][:, :: -1 if flip else 1]
            for down in range(5)
            for right in range(5)
            for flip in (0, 1)
        }
        fitting = [
            name for name, cut in cuts.items() if np.array_equal(cut, view_CHW.permute(1, 2, 0).numpy())
        ]
        assert len(fitting) == 1
        found.add(fitting[0])
    assert {down for down, _, _ in found} == {right for _, right, _ in found} == set(range(5))
    assert {flip for _, _, flip in found} == {0, 1}


def test_nothing_chosen_is_nothing_changed(make_images: SimpleNamespace) -> None:
    made = make_images.split(AugmentSpec(flip=False, crop_padding=0))
    batch = made.split.at_view(0, range(60))
    assert torch.equal(batch.images_BCHW.permute(0, 2, 3, 1), torch.from_numpy(made.images.pixels_NHWC))


def test_a_mixed_image_is_its_share_of_two_views(make_images: SimpleNamespace) -> None:
    mixing = PLAIN.model_copy(update={"mixup": 1.0})
    split, alone = make_images.split(mixing).split, make_images.split(PLAIN).split.at_view(1, range(60))
    batch = split.at_view(1, range(60))
    assert batch.mixed is not None
    assert batch.images_BCHW.dtype == torch.float32
    own_BCHW = alone.images_BCHW.double()
    partners = set()
    for place in range(60):
        share = float(batch.mixed.share_B[place])
        rest = batch.images_BCHW[place].double() - share * own_BCHW[place]
        away_N = ((1 - share) * own_BCHW - rest).abs().amax((1, 2, 3))
        partner = int(away_N.argmin())
        if share < 0.99:
            assert float(away_N[partner]) == 0.0  # exactly: shares are multiples of 2^-16
            assert partner != place
            assert int(batch.labels_B[partner]) == int(batch.mixed.labels_B[place])
            partners.add(partner)
    assert len(partners) > 25


def test_the_only_sample_of_a_split_is_mixed_with_itself(make_images: SimpleNamespace) -> None:
    split = make_images.split(PLAIN.model_copy(update={"mixup": 1.0}), samples=1).split
    batch = split.at_view(0, [0])
    alone = make_images.split(PLAIN, samples=1).split.at_view(0, [0])
    assert torch.equal(batch.images_BCHW, alone.images_BCHW.float())


def test_pixels_are_decoded_once_and_by_the_batch_beyond_the_limit(make_images: SimpleNamespace) -> None:
    made = make_images.split(PLAIN)
    for _ in range(2):
        made.split.batch(range(10))
    assert made.images.asked == 60
    made = make_images.split(None)
    pixels = Pixels(
        made.images,
        range(60),
        size=make_images.size,
        device=torch.device("cpu"),
        largest=60 * 12 * 12 * 3 - 1,
    )
    for _ in range(2):
        part_BHWC = pixels.rows(np.array([7, 1]))
        assert torch.equal(part_BHWC, torch.from_numpy(made.images.pixels_NHWC[[7, 1]]))
    assert made.images.asked == 4


class _Reads(TorchDispatchMode):
    """Counts what makes the host wait for a device."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func)
        if any(
            word in name
            for word in ("_local_scalar_dense", "nonzero", "unique", "masked_select", "is_nonzero")
        ):
            self.found.append(name)
        return func(*args, **(kwargs or {}))


def test_no_batch_asks_the_device_for_a_number(make_images: SimpleNamespace) -> None:
    split = make_images.split(EVERYTHING).split
    for reads in (ImageInput(), ImageInput(size=20, mean=(0.5,), std=(0.25,))):
        to_input(split.batch(range(8)).images_BCHW, reads)
        with _Reads() as counter:
            to_input(split.batch(range(8), epoch=1).images_BCHW, reads)
        assert counter.found == []
