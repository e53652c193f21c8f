"""What a job refuses of labelled samples that nobody checked: whatever needs a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.nouns import one
from mtkd_engine.data.labelled.rows import UNKNOWN, Handed, LabelledRow
from mtkd_engine.data.split import SPLITS


def refuse_unclear(handed: Handed, *, accepted: Mapping[str, str]) -> None:
    """This will raise DataError for the first row that says nothing, has no class or repeats an id.

    `accepted` says by code which findings of readers forbid the dataset, and what is accepted instead.
    """
    for said in handed.found:
        if said.code in accepted:
            where = said.file if said.line is None else f"{said.file}, row {said.line}"
            raise DataError(f"{where or handed.name}: {said.said}; {accepted[said.code]}.")
    seen: set[str] = set()
    for row in handed.rows:
        if row.label == UNKNOWN:
            raise DataError(
                f"{handed.name}: the label of {shown(row.sample_id)} is none of the {len(handed.classes):,} classes."
            )
        if row.sample_id in seen:
            raise DataError(f"{handed.name}: the id {shown(row.sample_id)} is given twice; once is accepted.")
        seen.add(row.sample_id)


def refuse_leaks(rows: Sequence[LabelledRow], hashes: Mapping[int, str], *, noun: str) -> None:
    """This will raise DataError for a sample of val or test whose content is in train."""
    learned = {hashes[row.place]: row.sample_id for row in rows if row.split == "train"}
    for row in rows:
        twin = learned.get(hashes[row.place])
        if row.split != "train" and twin is not None:
            raise DataError(
                f"{shown(row.sample_id)} of {row.split} is the same {noun} as {shown(twin)} of train; {one(noun)} may "
                "be in one of them only (`check dataset` leaves it out of train where asked to)."
            )


def refuse_empty(splits: Mapping[str, Sized], *, name: str) -> None:
    """This will raise DataError for a split without samples."""
    for split in SPLITS:
        if not splits[split]:
            raise DataError(f"{name} has no samples for the split {split}; every split needs some.")
