"""What each participant of a job that classifies says of one sample: the probability of every class that was kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from jobs.queries.inspect.classes import LABEL, column_of, participants
from jobs.queries.inspect.table import Table

PROBABILITIES = "probabilities.parquet"
_COLUMNS = ("sample_id", "who", "classes", "probabilities")

Said = list[tuple[str, float]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one participant says of a sample.

    `said` is its likeliest class with the probability `score`, `quality` is the probability of the true class.
    `classes` are those that were kept with their probabilities, likeliest first; empty where none were, as on training
    images.
    """

    who: str
    said: str | None
    score: float | None
    quality: float | None
    is_right: bool
    classes: Said


def probabilities_of(file: Any, sample_id: str) -> dict[str, Said]:
    """This will read a sample's classes by participant from an open Parquet file, likeliest first; nothing without it.

    Its rows stand together: of groups of rows whose bounds do not shut it out, first only the ids are read.
    """
    if not set(_COLUMNS) <= set(file.schema_arrow.names):
        return {}
    found: dict[str, Said] = {}
    for group in range(file.metadata.num_row_groups):
        if not _may_hold(file, group, sample_id):
            continue
        ids = file.read_row_group(group, columns=["sample_id"], use_threads=False).column("sample_id")
        is_asked = pc.equal(ids, sample_id)
        if pc.any(is_asked).as_py():
            rows = file.read_row_group(group, columns=list(_COLUMNS[1:]), use_threads=False).filter(is_asked)
            found |= {row["who"]: _likeliest(row) for row in rows.to_pylist()}
        elif found:
            break
    return found


def answers(table: Table, row: int, kept: dict[str, Said]) -> list[Answer]:
    """This will gather what each participant says of the sample in a row; `kept` is what `probabilities_of` gave."""
    truth = table.take(LABEL, [row])[0]

    def told(who: str, of: str) -> Any:
        column = column_of(who, of)
        return table.take(column, [row])[0] if table.has(column) else None

    return [
        Answer(
            who=who,
            said=(said := told(who, "class")),
            score=told(who, "score"),
            quality=told(who, "quality"),
            is_right=said is not None and said == truth,
            classes=kept.get(who, []),
        )
        for who in participants(table)
    ]


def _likeliest(row: dict[str, Any]) -> Said:
    pairs = zip(row["classes"] or (), row["probabilities"] or (), strict=False)
    return sorted(((str(name), float(value)) for name, value in pairs), key=lambda pair: -pair[1])


def _may_hold(file: Any, group: int, sample_id: str) -> bool:
    told = file.metadata.row_group(group).column(0).statistics
    if told is None or not told.has_min_max or file.schema_arrow.names[0] != "sample_id":
        return True
    return bool(told.min <= sample_id <= told.max)
