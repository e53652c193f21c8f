"""A part of a labelled dataset: without some samples, or tested on others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from mtkd_engine.data.labelled.dataset import LabelledDataset
from mtkd_engine.data.selections import Selection, parted
from mtkd_engine.data.split import SPLITS

DatasetT = TypeVar("DatasetT", bound=LabelledDataset)


class Identified(Protocol):
    """What has to be known of a sample."""

    @property
    def sample_id(self) -> str:
        """Its stable id."""
        ...


def select_labelled(
    dataset: DatasetT, *, leave_out: Sequence[Selection] = (), test_on: Selection | None = None
) -> DatasetT:
    """This will give the dataset without the samples of `leave_out`, tested on those of `test_on`.

    As with videos: what is tested on takes the place of the test split and its sources leave train and val; ids that
    the dataset does not have and splits that become empty raise DataError; without selections it is the same dataset.
    The part has a hash of its own, and `selected_from` says which dataset it is a part of.
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


def hash_of_part(whole: str, splits: Mapping[str, Sequence[Identified]]) -> str:
    """This will give the hash of a part of a dataset: that of the whole, and which samples are in which split."""
    stated = {split: [sample.sample_id for sample in splits[split]] for split in SPLITS}
    return hashlib.sha256(json.dumps({"whole": whole, "splits": stated}, sort_keys=True).encode()).hexdigest()
