"""A part of a dataset of images has a hash of its own, and knows what it is a part of."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.dataset import ImageDataset
from mtkd_engine.data.images.load import load_images
from mtkd_engine.data.images.world import ImagesPerSplit, make_images
from mtkd_engine.data.labelled.selecting import select_labelled
from mtkd_engine.data.selections import Selection


@pytest.fixture
def whole(tmp_path: Path) -> ImageDataset:
    make_images(tmp_path / "w", images=ImagesPerSplit(12, 6, 6), size=8, classes=2)
    return load_images(tmp_path / "w")


def test_what_is_left_out_is_in_no_split(whole: ImageDataset) -> None:
    part = select_labelled(whole, leave_out=[Selection("odd", ("train-00001", "val-00002"))])
    assert [len(part.splits[split]) for split in ("train", "val", "test")] == [11, 5, 6]
    assert part.selected_from == part.whole_hash == whole.content_hash != part.content_hash
    assert select_labelled(whole) is whole


def test_what_is_tested_on_is_not_learned_from(whole: ImageDataset) -> None:
    part = select_labelled(whole, test_on=Selection("few", ("train-00001", "test-00002")))
    assert [sample.sample_id for sample in part.splits["test"]] == ["train-00001", "test-00002"]
    assert (len(part.splits["train"]), part.moved_to_test) == (11, {"train-00001"})


def test_strangers_and_empty_splits_are_refused(whole: ImageDataset) -> None:
    with pytest.raises(DataError, match="none of dataset"):
        select_labelled(whole, leave_out=[Selection("x", ("nobody",))])
    with pytest.raises(DataError, match="no samples left in val"):
        select_labelled(whole, leave_out=[Selection("x", tuple(s.sample_id for s in whole.splits["val"]))])
