"""A part of a dense dataset: without some samples, or tested on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from mtkd_engine.data.dense.dataset import DenseDataset
from mtkd_engine.data.labelled.selecting import hash_of_part
from mtkd_engine.data.selections import Selection, parted

DatasetT = TypeVar("DatasetT", bound=DenseDataset)


def select_dense(
    dataset: DatasetT, *, leave_out: Sequence[Selection] = (), test_on: Selection | None = None
) -> DatasetT:
    """This will give the dataset without the samples of `leave_out`, tested on those of `test_on`.

    As with labelled samples: what is tested on takes the place of the test split and its sources leave train and
    val; ids that the dataset does not have and splits that become empty raise DataError; without selections it is
    the same dataset. The part has a hash of its own, and `selected_from` says which dataset it is a part of.
    """
    if not leave_out and test_on is None:
        return dataset
    splits, moved = parted(dataset.splits, name=dataset.name, leave_out=leave_out, test_on=test_on)
    return replace(
        dataset,
        splits=splits,
        content_hash=hash_of_part(dataset.whole_hash, splits),
        selected_from=dataset.whole_hash,
        moved_to_test=moved,
    )
