"""Inspect on samples with classes: their images, who is right how often, and what a page shows of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.models import Job
from jobs.queries.images import StoredImage
from jobs.queries.inspect.classes import (
    LABEL,
    RIGHT,
    START,
    STUDENT,
    TARGET,
    TEACHER,
    column_of,
    participants,
    rightness,
)
from jobs.queries.inspect.images import images_of
from jobs.queries.inspect.table import Rows, Table
from jobs.storage.blobs import StorageError
from jobs.storage.previews import labelled_files
from webapp.forms.inspect import Asked
from webapp.nouns import noun_of_spec
from webapp.pages.inspect_model_words import TAUGHT, Words
from webapp.pages.inspect_rows import Shown, tones_of
from webapp.pages.inspect_words import who_is
from webapp.pages.transfer import OWN_START, source_title


@dataclass(frozen=True, kw_only=True)
class Named:
    """The class that somebody names of a sample; `tone` is the colour of a teacher, 0 of none."""

    who: str
    title: str
    name: str | None
    is_right: bool
    tone: int


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """What the list shows of a sample with classes: its image where it is known, what student and teachers say.

    `start` is what the student said before it learned, where it was trained before.
    """

    image: StoredImage | None
    label: str | None
    student: Named | None
    start: Named | None
    teachers: list[Named]

    @property
    def right_teachers(self) -> int:
        """How many teachers name the true class."""
        return sum(one.is_right for one in self.teachers)


@dataclass(frozen=True, kw_only=True)
class RightRow:
    """How often a participant is right, with addresses of the samples on which it is and is not."""

    title: str
    tone: int
    right: int
    wrong: int
    share: float | None
    share_disputed: float | None
    right_query: str
    wrong_query: str

    @property
    def percent(self) -> float:
        """How long its bar is."""
        return 100 * (self.share or 0.0)


def pictured(job: Job, table: Table, rows: Sequence[int] | Rows, *, words: Words = TAUGHT) -> list[Pictured]:
    """This will read what some rows show; images only where the dataset is kept here."""
    labels = table.take(LABEL, rows)
    named = {who: table.take(column_of(who, "class"), rows) for who in participants(table)}
    teachers = [who for who in named if who.startswith(TEACHER)]
    tones = tone_by_who(table)

    def told(who: str, place: int) -> Named:
        name = named[who][place]
        return Named(
            who=who,
            title=who_is(who, words),
            name=name,
            is_right=name is not None and name == labels[place],
            tone=tones.get(who, 0),
        )

    main = next((who for who in (STUDENT, TARGET) if who in named), None)
    return [
        Pictured(
            image=image,
            label=labels[place],
            student=None if main is None else told(main, place),
            start=told(START, place) if START in named else None,
            teachers=[told(who, place) for who in teachers],
        )
        for place, image in enumerate(known_images(job, table, rows))
    ]


def known_images(job: Job, table: Table, rows: Sequence[int] | Rows) -> list[StoredImage | None]:
    """This will find some rows in their dataset; all None where it keeps nothing that can be read."""
    try:
        files = None if job.dataset is None else labelled_files(job.dataset)
        return [None] * len(rows) if files is None else images_of(table, files, rows)
    except StorageError:
        return [None] * len(rows)


def is_its_start(who: str, own: str) -> bool:
    """This will tell whether a source is the model whose table it is as it began, by its name or as its own start."""
    name = who.removeprefix(TEACHER)
    return bool(own) and who.startswith(TEACHER) and (name == own or source_title(name) == OWN_START)


def tone_by_who(table: Table) -> dict[str, int]:
    """This will give each teacher among the participants the number of its colour."""
    return {f"{TEACHER}{name}": tone for name, tone in tones_of(table.teachers).items()}


def right_rows(
    table: Table, rows: Rows, asked: Asked, *, words: Words = TAUGHT, own: str = ""
) -> list[RightRow]:
    """This will lay out how often everybody is right on some rows; teachers last, as their colours are.

    `own` is whose table it is, where models teach each other: as a source it is what stands there as its start.
    """
    tones = tone_by_who(table)
    yes, no = RIGHT
    return [
        RightRow(
            title=who_is(one.who, words),
            tone=tones.get(one.who, 0),
            right=one.right,
            wrong=one.rows - one.right,
            share=one.share,
            share_disputed=one.share_disputed,
            right_query=asked.query(who=_who(one.who), right=yes, said=""),
            wrong_query=asked.query(who=_who(one.who), right=no, said=""),
        )
        for one in rightness(table, rows)
        if not is_its_start(one.who, own)
    ]


def listed(
    job: Job,
    table: Table,
    rows: Rows,
    shown: Sequence[Shown],
    *,
    asked: Asked,
    words: Words = TAUGHT,
    own: str = "",
) -> dict[str, Any]:
    """This will give what the list shows besides, of all found rows and of those of a page."""
    right = right_rows(table, rows, asked, words=words, own=own)
    pictures = pictured(job, table, [sample.row for sample in shown], words=words)
    return {
        "has_classes": True,
        "noun": noun_of_spec(job.spec),
        "pictured_rows": list(zip(shown, pictures, strict=True)),
        "right_rows": right,
        "has_disputed": any(row.share_disputed is not None for row in right),
    }


def _who(who: str) -> str:
    """The student is meant where nobody is named."""
    return "" if who == STUDENT else who
