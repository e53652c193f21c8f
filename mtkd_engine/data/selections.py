"""Part of a dataset, by lists of sample ids: some left out of every split, some to test on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from mtkd_engine.data.dataset import Dataset
from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.sealing.samples import Sample
from mtkd_engine.data.split import SPLITS

AnySample = TypeVar("AnySample", Sample, LabelledSample, DenseSample)
MOST_IDS = 200_000
_LARGEST = 64 << 20


@dataclass(frozen=True)
class Selection:
    """A named list of ids of samples, each once."""

    name: str
    ids: tuple[str, ...]


def read_selection(path: Path, *, name: str) -> Selection:
    """This will read a UTF-8 text file with one id a line; raises DataError when it is none."""
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError(f"selection {shown(name)}: its file has more than {_LARGEST >> 20} MB.")
        lines = path.read_bytes().decode("utf-8").split("\n")  # other line breaks may be part of an id
    except OSError as error:
        raise DataError(f"selection {shown(name)}: its file cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise DataError(f"selection {shown(name)}: its file is not text in UTF-8.") from None
    ids = tuple(dict.fromkeys(line.removesuffix("\r") for line in lines if line.strip()))
    if not 1 <= len(ids) <= MOST_IDS:
        raise DataError(
            f"selection {shown(name)}: given {len(ids):,} ids, accepted are 1 to {MOST_IDS:,}, one a line."
        )
    return Selection(name, ids)


def select(
    dataset: Dataset, *, leave_out: Sequence[Selection] = (), test_on: Selection | None = None
) -> Dataset:
    """This will give the dataset without the samples of `leave_out`, tested on those of `test_on`.

    What is tested on takes the place of the test split, and its sources leave train and val: no video is learned
    from and tested on. Raises DataError for ids that the dataset does not have, and where a split becomes empty.
    Without selections it is the same dataset. The part has a hash of its own: copies of teachers and beliefs of the
    whole know samples that the part must not know. `selected_from` says which dataset it is a part of.
    """
    if not leave_out and test_on is None:
        return dataset
    splits, moved = parted(dataset.splits, name=dataset.name, leave_out=leave_out, test_on=test_on)
    return replace(
        dataset,
        splits=splits,
        feature_hashes=dataset.array_hashes,
        selected_from=dataset.whole_hash,
        moved_to_test=moved,
    )


def parted(
    whole: Mapping[str, Sequence[AnySample]],
    *,
    name: str,
    leave_out: Sequence[Selection],
    test_on: Selection | None,
) -> tuple[dict[str, tuple[AnySample, ...]], frozenset[str]]:
    """This will give the splits that selections leave of a dataset of any task, and the ids that moved to test.

    Raises DataError for ids that the dataset called `name` does not have, and where a split becomes empty.
    """
    split_of = {sample.sample_id: split for split in SPLITS for sample in whole[split]}
    for selection in (*leave_out, *([test_on] if test_on is not None else [])):
        _refuse_strangers(selection, split_of, name=name)
    out = {sample_id for selection in leave_out for sample_id in selection.ids}
    kept = {split: [s for s in whole[split] if s.sample_id not in out] for split in SPLITS}
    if test_on is not None:
        kept = _tested_on(kept, set(test_on.ids))
    splits = {split: tuple(samples) for split, samples in kept.items()}
    _refuse_empty(splits, whole, name=name, leave_out=leave_out, test_on=test_on)
    return splits, frozenset(s.sample_id for s in splits["test"] if split_of[s.sample_id] != "test")


def _tested_on(kept: Mapping[str, list[AnySample]], ids: AbstractSet[str]) -> dict[str, list[AnySample]]:
    test = [sample for split in SPLITS for sample in kept[split] if sample.sample_id in ids]
    sources = {sample.source_id for sample in test}
    learned = {
        split: [sample for sample in kept[split] if sample.source_id not in sources]
        for split in ("train", "val")
    }
    return {**learned, "test": test}


def _refuse_strangers(selection: Selection, known: Mapping[str, str], *, name: str) -> None:
    """This will refuse ids that a dataset does not have."""
    strangers = [sample_id for sample_id in selection.ids if sample_id not in known]
    if strangers:
        raise DataError(
            f"selection {shown(selection.name)}: {len(strangers):,} of its {len(selection.ids):,} ids are none of "
            f"dataset {name!r}, the first is {shown(strangers[0])}; accepted are ids of its samples."
        )


def _refuse_empty(
    splits: Mapping[str, Sequence[object]],
    whole: Mapping[str, Sequence[object]],
    *,
    name: str,
    leave_out: Sequence[Selection],
    test_on: Selection | None,
) -> None:
    """This will refuse selections that leave nothing of a split."""
    empty = [split for split in SPLITS if not splits[split] and whole[split]]
    if test_on is not None and not splits["test"]:
        empty = ["test"]
    if not empty:
        return
    parts = [f"without {', '.join(shown(one.name) for one in leave_out)}"] if leave_out else []
    parts += [f"tested on {shown(test_on.name)}"] if test_on is not None else []
    raise DataError(
        f"dataset {name!r} {' and '.join(parts)} has no samples left in {' and '.join(empty)}; accepted are "
        "selections that leave some in every split."
    )
