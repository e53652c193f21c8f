"""What the table of jobs shows in its cells: each value in the form that its column asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from jobs.models import Job
from jobs.queries.table.columns import Column, Plain
from jobs.queries.table.exports import plain
from jobs.queries.table.query import quoted
from jobs.queries.table.rows import Row
from webapp.forms.job_table import Asked
from webapp.groups import scale_of
from webapp.templatetags.jobs import method_of, standing

LONGEST_TEXT = 60
LARGE, SMALL = 1e6, 1e-3


@dataclass(frozen=True, kw_only=True)
class Head:
    """A column's head: where a click leads, and `ascending` or `descending` where the table is sorted by it."""

    column: Column
    query: str
    sorted: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One value: `text` is what is read, `whole` what it is in full where that is longer."""

    column: Column
    kind: str
    text: str = ""
    whole: str = ""
    at: datetime | None = None
    share: int = 0
    tags: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, kw_only=True)
class Line:
    """One job of the table: its cells, and its tags with the addresses that find them."""

    job: Job
    cells: Sequence[Cell]
    tags: Sequence[tuple[str, str]]


def heads(asked: Asked) -> list[Head]:
    """This will give the head of each column; the second click turns the order around."""
    return [_head(asked, column) for column in asked.columns]


def lines(rows: Sequence[Row], asked: Asked) -> list[Line]:
    """This will lay out rows; tags stand beside the name unless they have a column of their own."""
    apart = "tags" in asked.names
    return [
        Line(
            job=row.job,
            cells=[_cell(column, row, asked) for column in asked.columns],
            tags=[] if apart else _tagged(row.job.tags, asked),
        )
        for row in rows
    ]


def _tagged(tags: Sequence[str], asked: Asked) -> list[tuple[str, str]]:
    """Each tag with the address of the same table with the jobs that have it."""
    return [(tag, asked.address(q=f"tag:{quoted(tag)}")) for tag in tags]


def number(value: float, *, name: str = "") -> str:
    """This will write a number as people read it: shares in percent, large and small ones with few digits."""
    scale = scale_of(name.rpartition("/")[2])
    if scale != 1:
        text = f"{scale * value:.1f} %"
    elif float(value).is_integer() and abs(value) < 10**15:
        text = f"{int(value):,}"
    elif SMALL <= abs(value) < LARGE:
        text = f"{value:.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{value:.4g}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


def _head(asked: Asked, column: Column) -> Head:
    is_sorted = asked.order.column.name == column.name and asked.address(sort="") != asked.address()
    if column.order is None and column.kind != "metric":
        return Head(column=column, query="", sorted="")
    downwards = (
        not asked.order.descending if is_sorted else column.is_number or column.kind in {"time", "progress"}
    )
    sort = f"{'-' if downwards else ''}{column.name}"
    direction = ("descending" if asked.order.descending else "ascending") if is_sorted else ""
    return Head(column=column, query=asked.address(sort=sort), sorted=direction)


def _cell(column: Column, row: Row, asked: Asked) -> Cell:
    value, kind, found = row.values[column.name], column.kind, partial(Cell, column=column)
    if kind in {"state", "name"}:
        return found(kind=kind, text=standing(row.job) if kind == "state" else "")
    if value is None or value == []:
        return found(kind="nothing")
    if isinstance(value, datetime):
        return found(kind="time", at=value)
    if kind == "tags" and isinstance(value, list):
        return found(kind=kind, tags=_tagged(value, asked))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(column, value)
    return _text(column, method_of(row.job) if column.name == "method" else value)


def _number(column: Column, value: float) -> Cell:
    if column.kind == "progress":
        return Cell(column=column, kind="progress", share=int(100 * value))
    text = number(value, name=column.name if column.kind == "metric" else "")
    return Cell(column=column, kind="number", text=text, whole=_whole(value))


def _text(column: Column, value: Plain) -> Cell:
    text = str(plain(value))
    short = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT].rstrip()}…"
    return Cell(
        column=column,
        kind="gate" if column.kind == "gate" else "text",
        text=short,
        whole=text if short != text else "",
    )


def _whole(value: Any) -> str:
    return repr(value) if isinstance(value, float) else ""
