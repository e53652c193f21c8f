"""Per-sample tables and weights over training made by hand, as the engine writes them; no engine has run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.queries.inspect.table import PER_SAMPLE, Table
from jobs.queries.inspect.training import WEIGHTS

NAMES = ("span", "map2d", "v1.2/best of all")
"""A teacher may be called like a file or a folder."""


def columns_of(
    rows: Sequence[dict[str, Any]], *, teachers: Sequence[str] = NAMES, solo: bool = True
) -> dict[str, list[Any]]:
    """This will make the table of samples given as in samples.jsonl; numbers follow from the row alone."""
    count, draw = len(rows), np.random.default_rng(7)
    columns: dict[str, list[Any]] = {
        "sample_id": [row["id"] for row in rows],
        "split": [row["split"] for row in rows],
        "source_id": [row["source"] for row in rows],
        "video_id": [row["video"] for row in rows],
        "sentence": [row["sentence"] for row in rows],
        "duration": [row["duration"] for row in rows],
        "truth_start": [row["windows"][0][0] for row in rows],
        "truth_end": [row["windows"][0][1] for row in rows],
        "truth_windows": [len(row["windows"]) for row in rows],
        "student_start": [row["windows"][0][0] for row in rows],
        "student_end": [row["windows"][0][1] + 1.0 for row in rows],
        "student_iou": [place / count for place in range(count)],
        "student_score": [0.5] * count,
    }
    if solo:
        columns |= {"solo_start": [0.0] * count, "solo_end": [2.0] * count, "solo_iou": [0.25] * count}
        columns["gain"] = [place / count - 0.25 for place in range(count)]
    if teachers:
        columns |= _taught(rows, teachers, draw)
    return columns


def parquet(columns: dict[str, list[Any]]) -> bytes:
    """This will write columns as the bytes of a Parquet file."""
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


def weights_parquet(ids: Sequence[str], *, teachers: Sequence[str] = NAMES, steps: int = 5) -> bytes:
    """This will write weights over training, a row group for every two samples."""
    columns: dict[str, list[Any]] = {
        "sample_id": [name for name in sorted(ids) for _ in range(steps)],
        "step": [10 * step for _ in ids for step in range(steps)],
    }
    for place, teacher in enumerate(teachers):
        columns[teacher] = [(place + 1) / 10 + step / 100 for _ in ids for step in range(steps)]
    table = pa.table(columns)
    table = table.set_column(1, "step", table.column("step").cast(pa.int32()))
    target = io.BytesIO()
    pq.write_table(table, target, row_group_size=2 * steps)
    return target.getvalue()


def files_of(rows: Sequence[dict[str, Any]], **changes: Any) -> dict[str, bytes]:
    """This will make both files that a job leaves about its samples."""
    return {
        PER_SAMPLE: parquet(columns_of(rows, **changes)),
        WEIGHTS: weights_parquet([row["id"] for row in rows]),
    }


def table_of(columns: dict[str, list[Any]]) -> Table:
    """This will open columns as a table, without files."""
    arrow = pa.table(columns)
    return Table(tuple(columns), arrow.num_rows, lambda name: arrow.column(name).combine_chunks())


def _taught(rows: Sequence[dict[str, Any]], teachers: Sequence[str], draw: Any) -> dict[str, list[Any]]:
    count = len(rows)
    raw = draw.random((count, len(teachers))) + 0.05
    weights = raw / raw.sum(1, keepdims=True)
    columns: dict[str, list[Any]] = {
        "target_start": [row["windows"][0][0] for row in rows],
        "target_end": [row["windows"][0][1] for row in rows],
        "target_iou": [1.0] * count,
    }
    for place, teacher in enumerate(teachers):
        columns[f"{teacher}/start"] = [row["windows"][0][0] + place for row in rows]
        columns[f"{teacher}/end"] = [row["windows"][0][1] + place for row in rows]
        columns[f"{teacher}/score"] = [0.9 - place / 10] * count
        columns[f"{teacher}/iou"] = [max(0.0, 1 - place / 3)] * count
        columns[f"{teacher}/weight"] = weights[:, place].tolist()
    columns["entropy"] = (-(weights * np.log(weights)).sum(1)).tolist()
    columns["disagreement"] = draw.permutation(count / np.arange(1, count + 1) / count).tolist()
    columns["leading"] = [teachers[place] for place in weights.argmax(1)]
    return columns
