"""Pictures and the densities of where people looked are varied together."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mtkd_engine.spec.dense.views import DenseAugmentSpec
from mtkd_engine.tasks.dense import CLEAN
from mtkd_engine.tasks.dense.views import Place, View
from mtkd_engine.tasks.saliency import GazeSplit
from mtkd_engine.tasks.saliency.splits.base import density_in, others_of
from tests.engine.tasks.saliency.made import HEIGHT, WIDTH, gaze_pictures

SIZE = {"height": HEIGHT, "width": WIDTH}
PLAIN = DenseAugmentSpec(flip=False, scale=(1.0, 1.0), crop=False, brightness=0, contrast=0)


def test_a_clean_batch_has_pictures_and_densities_of_the_protocol() -> None:
    dataset = gaze_pictures()
    split = GazeSplit(dataset, "val", protocol="mit", **SIZE)
    batch = split.batch([2, 0])
    assert batch.inputs.shape == (2, 3, HEIGHT, WIDTH)
    assert batch.inputs.dtype == torch.uint8
    assert batch.truth.shape == (2, HEIGHT, WIDTH)
    assert batch.truth.dtype == torch.float32
    torch.testing.assert_close(batch.truth.sum((1, 2)), torch.ones(2))
    assert batch.sample_ids == ["val/2", "val/0"]
    assert bool((batch.views_B == CLEAN).all())


@pytest.mark.parametrize(
    "spec",
    [
        DenseAugmentSpec(flip=True, scale=(1.0, 1.0), crop=False, brightness=0, contrast=0),
        DenseAugmentSpec(flip=True, scale=(0.6, 0.9), crop=True, brightness=0, contrast=0),
        DenseAugmentSpec(flip=False, scale=(1.2, 1.4), crop=False, brightness=0.1, contrast=0.1),
    ],
)
def test_people_look_at_the_same_thing_in_every_view(spec: DenseAugmentSpec) -> None:
    """Pictures are bright where people look: both maps stay where the other is."""
    split = GazeSplit(gaze_pictures(8), "train", protocol="mit", augment=spec, **SIZE)
    for epoch in range(4):
        batch = split.batch(range(8), epoch=epoch)
        for picture, density in zip(batch.inputs, batch.truth, strict=True):
            if not float(density.sum()):
                continue  # what is looked at lies outside of the view
            bright = picture.float().mean(0) - picture.float().mean(0).amin()
            shown = torch.corrcoef(torch.stack([bright.flatten(), density.flatten()]))[0, 1]
            assert float(shown) > 0.6, (epoch, shown)
            assert float(density.sum()) == pytest.approx(1, abs=1e-5)


def test_views_are_functions_of_seed_sample_and_number_alone() -> None:
    dataset = gaze_pictures(6)
    split, again = (
        GazeSplit(dataset, "train", protocol="mit", augment=DenseAugmentSpec(), **SIZE) for _ in range(2)
    )
    whole, alone = split.batch(range(6), epoch=3), again.batch([4], epoch=3)
    assert torch.equal(whole.inputs[4:5], alone.inputs)
    assert torch.equal(whole.truth[4:5], alone.truth)
    assert not torch.equal(whole.truth[4:5], again.batch([4], epoch=4).truth)


def test_a_view_that_shows_nothing_of_what_was_looked_at_has_no_truth() -> None:
    map_HW = np.zeros((8, 8), np.float32)
    map_HW[1, 1] = 1
    corner = Place(4, 4, 4, 4)
    assert not density_in(map_HW, View(corner, Place(0, 0, 8, 8), False, 0.0, 1.0)).any()
    whole = density_in(map_HW, View(Place(0, 0, 8, 8), Place(0, 0, 8, 8), True, 0.0, 1.0))
    assert whole[1, 6] == 1  # mirrored


def test_a_map_that_the_dataset_brings_is_the_truth() -> None:
    dataset = gaze_pictures()
    given = np.zeros((6, 8), np.uint8)
    given[3, 2] = 200
    dataset.gaze.map = lambda place, frame=0: given  # type: ignore[method-assign]
    truth = GazeSplit(dataset, "val", protocol="mit", **SIZE).batch([0]).truth[0]
    row, column = divmod(int(truth.argmax()), WIDTH)
    assert (row // 4, column // 4) == (3, 2)
    assert float(truth.sum()) == pytest.approx(1, abs=1e-5)


def test_others_are_of_other_sources_and_the_same_every_time() -> None:
    split = GazeSplit(gaze_pictures(8), "val", protocol="mit", **SIZE)
    own = split.shown()[3]
    found = others_of(own, split.pool)
    assert len(found) == len({one.key for one in found}) == 10
    assert own not in found
    assert found == others_of(own, split.pool)
    assert found != others_of(split.shown()[4], split.pool)
    assert len(split.pool) == 24  # of all splits


def test_few_others_are_taken_as_they_are() -> None:
    pool = GazeSplit(gaze_pictures(1), "val", protocol="mit", **SIZE).pool
    assert {one.key for one in others_of(pool[0], pool)} == {"val/0", "test/0"}
    assert others_of(pool[0], pool[:1]) == []
