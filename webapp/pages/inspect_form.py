"""The form that filters a job's samples, and the heads of their columns: everything they say stands in the address."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.queries.inspect.table import Table
from webapp.forms.inspect import Asked
from webapp.pages.inspect_words import HELP, title_of


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Two inputs of a range."""

    column: str
    title: str
    help: str
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Fields:
    """What the form offers, which is what the table has; `is_open` where something in the folded part is set."""

    splits: list[str]
    leading: tuple[str, ...]
    has_text: bool
    has_source: bool
    of_all: list[Bounds]
    of_teachers: list[tuple[str, list[Bounds]]]
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class Head:
    """The head of a column: the address that sorts by it, and how it is sorted now: ascending, descending or not."""

    column: str
    title: str
    help: str
    query: str
    sorted: str


def filter_fields(table: Table, asked: Asked) -> Fields:
    """This will lay out the form of a table, filled with what was asked."""
    bounds = {bounds.column: bounds for bounds in asked.wanted.ranges}

    def field(column: str, title: str) -> Bounds:
        known = bounds.get(column)
        low, high = (known.low, known.high) if known else (None, None)
        return Bounds(column=column, title=title, help=HELP.get(column, ""), low=low, high=high)

    teachers = [
        (
            teacher,
            [
                field(column, title)
                for of, title in (("weight", "Weight"), ("iou", "IoU"))
                if (column := f"{teacher}/{of}") in table.quantities
            ],
        )
        for teacher in table.teachers
    ]
    return Fields(
        splits=table.values_of("split"),
        leading=table.teachers if table.has("leading") else (),
        has_text=table.has("sentence"),
        has_source=table.has("source_id") or table.has("video_id"),
        of_all=[field(column, title_of(column)) for column in table.quantities if "/" not in column],
        of_teachers=[(teacher, fields) for teacher, fields in teachers if fields],
        is_open=bool(bounds),
    )


def sorted_columns(asked: Asked, columns: list[str]) -> list[Head]:
    """This will make the heads of columns; the one that is sorted by turns the order around."""
    wanted = asked.wanted
    heads = []
    for column in columns:
        is_it = wanted.sort == column
        turned = asked.query(sort=column, descending=not wanted.descending if is_it else True)
        now = ("descending" if wanted.descending else "ascending") if is_it else ""
        heads.append(
            Head(column=column, title=title_of(column), help=HELP.get(column, ""), query=turned, sorted=now)
        )
    return heads
