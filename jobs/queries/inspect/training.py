"""The weights of one sample over training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

WEIGHTS = "weights.parquet"
_KEYS = ("sample_id", "step")


@dataclass(frozen=True, kw_only=True)
class Course:
    """The recorded steps, and each teacher's weight at them."""

    steps: tuple[int, ...]
    weights: dict[str, tuple[float, ...]]


def weights_over_training(file: Any, sample_id: str) -> Course | None:
    """This will read a sample's weights from an open Parquet file; None where it holds none of the sample.

    The file is sorted by sample: only the groups of rows that may hold it are read.
    """
    names = file.schema_arrow.names
    if not set(_KEYS) <= set(names):
        return None
    groups = [number for number in range(file.metadata.num_row_groups) if _may_hold(file, number, sample_id)]
    if not groups:
        return None
    table = file.read_row_groups(groups, use_threads=False)
    table = table.filter(pc.equal(table.column("sample_id"), sample_id)).sort_by("step")
    if not table.num_rows:
        return None
    teachers = [name for name in names if name not in _KEYS]
    return Course(
        steps=tuple(table.column("step").to_pylist()),
        weights={name: tuple(table.column(name).cast(pa.float64()).to_numpy().tolist()) for name in teachers},
    )


def _may_hold(file: Any, group: int, sample_id: str) -> bool:
    column = file.schema_arrow.names.index("sample_id")
    told = file.metadata.row_group(group).column(column).statistics
    if told is None or not told.has_min_max:
        return True
    return bool(told.min <= sample_id <= told.max)
