"""How a job's weights are spread over its samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jobs.queries.inspect.table import Rows, Table

BINS = 20


@dataclass(frozen=True, kw_only=True)
class Spread:
    """One teacher's weights over samples: how many fall into each of BINS equal parts of 0..1; None without any.

    `leads` counts the samples on which it has the largest weight.
    """

    teacher: str
    counts: tuple[int, ...]
    mean: float | None
    median: float | None
    leads: int


def weight_spreads(table: Table, rows: Rows) -> list[Spread]:
    """This will count the weights of each teacher on some rows; nothing where the table has none."""
    named = [(teacher, f"{teacher}/weight") for teacher in table.teachers if table.has(f"{teacher}/weight")]
    leading = _leading(table, rows)
    spreads = []
    for teacher, column in named:
        values = table.numbers(column)[rows]
        values = values[np.isfinite(values)]
        places = np.clip((values * BINS).astype(np.int64), 0, BINS - 1)
        spreads.append(
            Spread(
                teacher=teacher,
                counts=tuple(np.bincount(places, minlength=BINS).tolist()),
                mean=float(values.mean()) if len(values) else None,
                median=float(np.median(values)) if len(values) else None,
                leads=leading.get(teacher, 0),
            )
        )
    return spreads


def _leading(table: Table, rows: Rows) -> dict[str, int]:
    if not table.has("leading"):
        return {}
    counted = table.read("leading").take(rows).value_counts()
    return {row["values"]: row["counts"] for row in counted.to_pylist() if row["values"] is not None}
