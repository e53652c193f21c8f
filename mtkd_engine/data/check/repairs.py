"""Changes of the data that a person accepts by name; each takes rows and gives rows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from mtkd_engine.data.check.findings import content_of, first_fault, is_usable
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.rows import Row


def clip_windows(rows: list[Row]) -> list[Row]:
    """This will cut windows at the start and at the end of their video; other windows stay as they are."""
    return [_clipped(row) for row in rows]


def _clipped(row: Row) -> Row:
    if row.duration is None or first_fault(row) not in {"beyond_duration", "negative_start"}:
        return row
    duration = row.duration
    return replace(row, windows=tuple((max(0.0, start), min(end, duration)) for start, end in row.windows))


def drop_rows(rows: list[Row]) -> list[Row]:
    """This will leave out rows without a usable duration, window or sentence."""
    return [row for row in rows if is_usable(row)]


def drop_without_features(rows: list[Row], *, featured: Collection[str]) -> list[Row]:
    """This will leave out rows whose video is not among those that have features."""
    known = set(featured)
    return [row for row in rows if row.video_id in known]


def drop_shared(rows: list[Row]) -> list[Row]:
    """This will leave out those rows of train whose video is in val or test as well."""
    kept = {row.video_id for row in rows if row.split in {"val", "test"}}
    return [row for row in rows if row.split != "train" or row.video_id not in kept]


def drop_duplicates(rows: list[Row]) -> list[Row]:
    """This will keep the first of the rows that say the same of the same video in the same split."""
    first: dict[tuple[object, ...], Row] = {}
    for row in rows:
        first.setdefault(content_of(row), row)
    return list(first.values())


REPAIRS = {
    "drop_rows": "Leave out the rows that cannot be used",
    "clip_windows": "Cut windows at the start and the end of their video",
    "drop_without_features": "Leave out the rows on videos that have no features",
    "drop_shared": "Leave videos of val and test out of train",
    "drop_duplicates": "Keep only the first of equal rows",
}
"""Names and titles in the order in which they are made."""


def known_repairs(names: Collection[str]) -> tuple[str, ...]:
    """This will give the named repairs in the order in which they are made, or refuse unknown names."""
    for name in names:
        if name not in REPAIRS:
            raise DataError(f"accept: given {shown(name)}, accepted are {', '.join(REPAIRS)}.")
    return tuple(name for name in REPAIRS if name in names)


def apply_repairs(
    rows: list[Row], *, names: Collection[str], featured: Collection[str] | None = None
) -> list[Row]:
    """This will make the named repairs in their order; without `featured` no video counts as lacking features."""
    known = {row.video_id for row in rows} if featured is None else featured
    steps: dict[str, Callable[[list[Row]], list[Row]]] = {
        "drop_rows": drop_rows,
        "clip_windows": clip_windows,
        "drop_without_features": partial(drop_without_features, featured=known),
        "drop_shared": drop_shared,
        "drop_duplicates": drop_duplicates,
    }
    for name in known_repairs(names):
        rows = steps[name](rows)
    return rows
