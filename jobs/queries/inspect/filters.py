"""Which samples of a job somebody wants to see, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from jobs.queries.inspect.classes import LABEL, OUTCOMES, STUDENT, column_of, filled, is_right
from jobs.queries.inspect.table import Rows, Table


@dataclass(frozen=True, kw_only=True)
class Range:
    """Bounds of a quantity, both included; None is no bound."""

    column: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A filter and an order; what is empty is not asked for.

    `text` is looked for in sentences, `source` in the names of sources and videos, both in either case. Samples
    without the value of a bounded quantity are left out; without the one that is sorted by they come last.

    Of samples with classes: `label` is the true one, `said` the one that `who` says, the student unless given, `right`
    is yes or no and tells whether that is the true one, `outcome` is one of OUTCOMES.
    """

    split: str = ""
    leading: str = ""
    text: str = ""
    source: str = ""
    label: str = ""
    said: str = ""
    who: str = ""
    right: str = ""
    outcome: str = ""
    ranges: tuple[Range, ...] = ()
    sort: str = ""
    descending: bool = False


def find_rows(table: Table, wanted: Wanted) -> Rows:
    """This will give the rows that are wanted, in the order that is wanted; equals stay in the table's order.

    Columns that the table does not have must not be asked for.
    """
    rows: Rows = np.flatnonzero(_mask(table, wanted)).astype(np.int64)
    if not wanted.sort:
        return rows[::-1].copy() if wanted.descending else rows
    values = table.numbers(wanted.sort)[rows]
    # NaN is sorted last either way.
    order = np.argsort(-values if wanted.descending else values, kind="stable")
    return rows[order]


def neighbours(rows: Rows, row: int) -> tuple[int | None, int | None, int | None]:
    """This will give the rows before and behind a row among those that were found, and its place there."""
    found = np.flatnonzero(rows == row)
    if not len(found):
        return None, None, None
    place = int(found[0])
    before = int(rows[place - 1]) if place else None
    behind = int(rows[place + 1]) if place + 1 < len(rows) else None
    return before, behind, place


def _mask(table: Table, wanted: Wanted) -> npt.NDArray[np.bool_]:
    mask = np.ones(table.rows, dtype=np.bool_)
    said = column_of(wanted.who or STUDENT, "class")
    words = {"split": wanted.split, "leading": wanted.leading, LABEL: wanted.label, said: wanted.said}
    for column, word in words.items():
        if word:
            mask &= filled(pc.equal(table.read(column), word))
    for text, columns in ((wanted.text, ("sentence",)), (wanted.source, ("source_id", "video_id"))):
        if text:
            mask &= _holding(table, text, columns)
    if wanted.right:
        mask &= is_right(table, wanted.who or STUDENT) == (wanted.right == "yes")
    if wanted.outcome:
        mask &= OUTCOMES[wanted.outcome].mask(table)
    for bounds in wanted.ranges:
        mask &= _within(table, bounds)
    return mask


def _holding(table: Table, text: str, columns: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(table.rows, dtype=np.bool_)
    for column in columns:
        if table.has(column):
            mask |= filled(pc.match_substring(pc.utf8_lower(table.read(column)), text.lower()))
    return mask


def _within(table: Table, bounds: Range) -> npt.NDArray[np.bool_]:
    values = table.numbers(bounds.column)
    mask = ~np.isnan(values)
    if bounds.low is not None:
        mask &= values >= bounds.low
    if bounds.high is not None:
        mask &= values <= bounds.high
    return mask
