"""Tables of fixations: a CSV whose header names the picture or video, x and y, and perhaps who looked, when, how long.

image,subject,x,y                        pictures anywhere below
video,subject,start_ms,duration_ms,x,y   times in seconds where a name does not end with _ms; or a column frame, from 0
"""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mtkd_engine.data.clips.places import inner_path
from mtkd_engine.data.detect import split_named, split_of
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.gaze.looks import NOBODY
from mtkd_engine.data.gaze.readers.columns import Columns, columns_in, columns_of
from mtkd_engine.data.gaze.rows import MOST_FIXATIONS, Listed, Unit
from mtkd_engine.data.labelled.rows import Found

FORMAT = "fixation_table"
_LARGEST = 4 << 30
_FARTHEST, _LATEST = 1e6, 1e9


@dataclass
class Item:
    """One picture or video of a table, and what is listed of it so far."""

    name: str
    split: str | None
    source: str | None
    file: str
    line: int
    numbers: array[float] = field(default_factory=lambda: array("d"))
    """x, y, viewer, start, stop of each fixation, one after another."""

    def listed(self, unit: Unit) -> Listed:
        """This will give what was listed."""
        given = np.frombuffer(self.numbers, np.float64).reshape(-1, 5)
        return Listed(
            given[:, :2].copy(), given[:, 2].astype(np.int32), given[:, 3].copy(), given[:, 4].copy(), unit
        )


@dataclass(frozen=True)
class Tables:
    """What tables say: items in their order, and what is to be said of other rows."""

    items: list[Item]
    is_video: bool
    unit: Unit
    found: list[Found]
    files: tuple[Path, ...]


def tables_in(paths: Sequence[Path]) -> list[Path]:
    """This will give the tables of fixations among files."""
    return [path for path in paths if columns_in(path) is not None]


def read_tables(paths: Sequence[Path], *, name: str) -> Tables:
    """This will read tables; a split is a column or told by the name of the file. Raises DataError."""
    items: dict[str, Item] = {}
    found: list[Found] = []
    viewers: dict[str, int] = {}
    kinds: set[tuple[bool, Unit]] = set()
    rows = 0
    for path in paths:
        for line, row, columns in _rows(path):
            kinds.add((columns.is_video, "frames" if columns.frame else "seconds"))
            if len(kinds) > 1:
                raise DataError(
                    f"{name}: its tables list pictures and videos, or frames and times; one of them is accepted."
                )
            rows += 1
            if rows > MOST_FIXATIONS:
                raise DataError(
                    f"{path.name} lists more than {MOST_FIXATIONS:,} fixations; fewer are accepted."
                )
            said = _add(items, viewers, row, columns, path=path, line=line)
            if said:
                found.append(Found("unreadable_rows", said, path.name, line))
    if not items:
        raise DataError(f"{name}: its tables list no fixation; rows with a name, x and y are accepted.")
    is_video, unit = next(iter(kinds))
    return Tables(list(items.values()), is_video, unit, found, tuple(paths))


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str | None], Columns]]:
    if (size := path.stat().st_size) > _LARGEST:
        raise DataError(f"{path.name} has {size:,} bytes; a table of up to {_LARGEST:,} is accepted.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            columns = columns_of(rows.fieldnames or ())
            if columns is None:
                raise DataError(
                    f"{path.name} has the columns {shown(rows.fieldnames)}; image or video, x and y are needed."
                )
            for row in rows:
                yield rows.line_num, row, columns
    except (OSError, ValueError, csv.Error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path.name} is no readable CSV ({error}).") from None


def _add(
    items: dict[str, Item],
    viewers: dict[str, int],
    row: Mapping[str, str | None],
    columns: Columns,
    *,
    path: Path,
    line: int,
) -> str:
    """Take one row, or say what is wrong with it."""
    listed = (row[columns.item] or "").strip()
    if not listed:
        return "it names no picture or video"
    name = inner_path(listed, where=f"{path.name}, row {line}")
    numbers = _numbers(row, columns)
    if numbers is None:
        return f"{name}: its place or time is no pair of plain numbers"
    split = split_of(path)
    if columns.split and (split := split_named(row[columns.split] or "")) is None:
        return f"{name}: its split is {shown(row[columns.split])}; train, val and test are accepted"
    if name not in items:
        source = (row[columns.source] or "").strip() or None if columns.source else None
        items[name] = Item(name, split, source, path.name, line)
    elif items[name].split != split:
        raise DataError(f"{path.name}, row {line}: {name} is in two splits; one is accepted.")
    who = (row[columns.viewer] or "").strip() if columns.viewer else ""
    viewer = viewers.setdefault(who, len(viewers)) if who else NOBODY
    x, y, start, stop = numbers
    items[name].numbers.extend((x, y, viewer, start, stop))
    return ""


def _numbers(row: Mapping[str, str | None], columns: Columns) -> tuple[float, float, float, float] | None:
    """x, y, start and stop; a fixation without a duration lasts for one frame."""
    try:
        x, y = (float(row[column] or "") for column in (columns.x, columns.y))
        if columns.frame:
            start = float(int(row[columns.frame] or ""))
            stop = start + 1
        else:
            start = float(row[columns.start] or "") * columns.start_unit if columns.start else 0.0
            lasts = float(row[columns.duration] or "") * columns.duration_unit if columns.duration else 0.0
            stop = start + lasts
    except ValueError:
        return None
    is_plain = all(math.isfinite(one) for one in (x, y, start, stop)) and 0 <= start <= stop
    return (x, y, start, stop) if is_plain and max(abs(x), abs(y)) <= _FARTHEST and stop <= _LATEST else None
