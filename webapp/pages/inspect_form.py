"""The form that filters a job's samples, and the heads of their columns: everything they say stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.queries.inspect.classes import (
    LABEL,
    STUDENT,
    classes_in,
    column_of,
    has_classes,
    outcomes_in,
    participants,
)
from jobs.queries.inspect.table import Table
from webapp.forms.inspect import Asked
from webapp.pages.inspect_dense_words import MEASURES, help_of_dense, title_of_dense
from webapp.pages.inspect_model_words import BETWEEN, TAUGHT, Words
from webapp.pages.inspect_words import help_of, outcomes_told, title_of, who_is

_OF_TEACHERS = (("weight", "Weight"), ("iou", "IoU"), ("quality", "True class"))


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Two inputs of a range."""

    column: str
    title: str
    help: str
    low: float | None
    high: float | None


Choices = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Classes:
    """What of samples with classes can be chosen: classes in the dataset's order, pairs of value and title."""

    classes: list[str]
    who: Choices
    outcomes: Choices


@dataclass(frozen=True, kw_only=True)
class Fields:
    """What the form offers, which is what the table has; `is_open` where something in the folded part is set."""

    splits: list[str]
    leading: tuple[str, ...]
    has_text: bool
    has_source: bool
    of_all: list[Bounds]
    of_teachers: list[tuple[str, list[Bounds]]]
    of_classes: Classes | None
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class Head:
    """The head of a column: the address that sorts by it, and how it is sorted now: ascending, descending or not."""

    column: str
    title: str
    help: str
    query: str
    sorted: str


def filter_fields(
    table: Table, asked: Asked, *, order: Sequence[str] = (), task: str = "", words: Words = TAUGHT
) -> Fields:
    """This will lay out the form of a table, filled with what was asked; `order` is that of the dataset's classes.

    `task` is that of a dense job.
    """
    of_classes = has_classes(table)
    bounds = {bounds.column: bounds for bounds in asked.wanted.ranges}

    def field(column: str, title: str) -> Bounds:
        known = bounds.get(column)
        low, high = (known.low, known.high) if known else (None, None)
        about = help_of_dense(column, task) or help_of(column, of_classes=of_classes, words=words)
        return Bounds(column=column, title=title, help=about, low=low, high=high)

    teachers = [
        (
            teacher,
            [
                field(column, MEASURES.get(task, title) if of == "quality" else title)
                for of, title in _OF_TEACHERS
                if (column := f"{teacher}/{of}") in table.quantities
            ],
        )
        for teacher in table.teachers
    ]
    return Fields(
        splits=table.values_of("split"),
        leading=table.teachers if table.has("leading") else (),
        has_text=table.has("sentence"),
        of_classes=_classes(table, asked, order, words) if of_classes else None,
        has_source=table.has("source_id") or table.has("video_id"),
        of_all=[
            field(column, title_of_dense(column, task, between=words is BETWEEN) or title_of(column, words))
            for column in table.quantities
            if "/" not in column
        ],
        of_teachers=[(teacher, fields) for teacher, fields in teachers if fields],
        is_open=bool(bounds),
    )


def _classes(table: Table, asked: Asked, order: Sequence[str], words: Words) -> Classes:
    known = classes_in(table, LABEL)
    who = asked.wanted.who or STUDENT
    if who in participants(table):
        known |= classes_in(table, column_of(who, "class"))
    return Classes(
        classes=[*(name for name in order if name in known), *sorted(known - set(order))],
        who=[(one, who_is(one, words)) for one in participants(table)],
        outcomes=outcomes_told(outcomes_in(table), words),
    )


def sorted_columns(
    asked: Asked, columns: list[str], *, of_classes: bool = False, task: str = "", words: Words = TAUGHT
) -> list[Head]:
    """This will make the heads of columns; the one that is sorted by turns the order around."""
    wanted = asked.wanted
    heads = []
    for column in columns:
        is_it = wanted.sort == column
        turned = asked.query(sort=column, descending=not wanted.descending if is_it else True)
        now = ("descending" if wanted.descending else "ascending") if is_it else ""
        about = help_of_dense(column, task) or help_of(column, of_classes=of_classes, words=words)
        title = title_of_dense(column, task, between=words is BETWEEN) or title_of(column, words)
        heads.append(Head(column=column, title=title, help=about, query=turned, sorted=now))
    return heads
