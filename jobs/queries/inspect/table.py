"""A job's per-sample table, whose columns are read when somebody asks for them.

Tables of older jobs have fewer columns, and those of jobs without teachers fewer still: what is not there is not
offered.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Rows = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

PER_SAMPLE = "per_sample.parquet"
NEEDED = ("sample_id", "split")
OF_TEACHERS = ("weight", "iou", "quality", "score", "class", "start", "end", "weight_start", "weight_end")
QUANTITIES = (
    "disagreement",
    "entropy",
    "student_iou",
    "student_quality",
    "start_quality",
    "gain",
    "solo_iou",
    "solo_quality",
    "target_iou",
    "target_quality",
    "student_score",
    "start_score",
    "duration",
    *(f"student_{name}" for name in ("pixel_accuracy", "sim", "nss", "auc_j", "kld", "loss")),
)


@dataclass(frozen=True)
class Table:
    """Rows of samples; `read` gives a whole column by its name. Row numbers are places in the table."""

    names: tuple[str, ...]
    rows: int
    read: Callable[[str], Any]

    def has(self, name: str) -> bool:
        """This will tell whether there is such a column."""
        return name in self._known

    def numbers(self, name: str) -> Numbers:
        """This will give a column as numbers; what is missing is NaN."""
        column = self.read(name)
        found: Numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return found

    def take(self, name: str, rows: Sequence[int] | Rows) -> list[Any]:
        """This will give a column's values in some rows; None where there is none, NaN among numbers included."""
        found = self.read(name).take(pa.array(np.asarray(rows, dtype=np.int64)))
        return [None if isinstance(value, float) and isnan(value) else value for value in found.to_pylist()]

    @functools.cached_property
    def teachers(self) -> tuple[str, ...]:
        """The names of the teachers, in the order of the table."""
        found = (name.rpartition("/") for name in self.names)
        return tuple(dict.fromkeys(teacher for teacher, _, of in found if teacher and of in OF_TEACHERS))

    @functools.cached_property
    def quantities(self) -> tuple[str, ...]:
        """The columns that can be sorted by and filtered by a range."""
        of_all = [name for name in QUANTITIES if self.has(name)]
        of_each = [
            f"{teacher}/{of}" for teacher in self.teachers for of in ("weight", "iou", "quality", "score")
        ]
        return (*of_all, *(name for name in of_each if self.has(name)))

    def values_of(self, name: str) -> list[str]:
        """This will list the different words of a column in alphabetical order."""
        return sorted(value for value in self.read(name).unique().to_pylist() if value is not None)

    @functools.cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.names)
