"""Tables of jobs that classify: who says which class, who is right, and what became of what the teachers said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from jobs.queries.inspect.table import Rows, Table

STUDENT, START, TARGET, SOLO = "student", "start", "target", "solo"
"""START is the student as it began, where it is a model that was trained before."""
TEACHER = "teacher:"
LABEL = "label"
RIGHT = ("yes", "no")

Mask = npt.NDArray[np.bool_]


def has_classes(table: Table) -> bool:
    """This will tell whether the samples of a table have a true class each."""
    return table.has(LABEL)


def participants(table: Table) -> tuple[str, ...]:
    """This will name those whose classes a table tells: student, start, target, solo, then teacher:NAME."""
    known = (STUDENT, START, TARGET, SOLO, *(f"{TEACHER}{name}" for name in table.teachers))
    return tuple(who for who in known if has_classes(table) and table.has(column_of(who, "class")))


def column_of(who: str, of: str) -> str:
    """This will give the column of what is told of a participant: class, quality or score."""
    return f"{who.removeprefix(TEACHER)}/{of}" if who.startswith(TEACHER) else f"{who}_{of}"


def classes_in(table: Table, column: str) -> set[str]:
    """This will give the classes that a column names."""
    return {name for name in table.read(column).unique().to_pylist() if name is not None}


def is_right(table: Table, who: str) -> Mask:
    """This will tell of every row whether a participant names the true class; nobody is right where one is missing."""
    return filled(pc.equal(table.read(column_of(who, "class")), table.read(LABEL)))


def filled(found: object) -> Mask:
    """This will give a mask in which what is not known is False."""
    mask: Mask = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
    return mask


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Something that can have happened on a sample; `needs` are participants that it cannot be told without."""

    needs: tuple[str, ...]
    teachers: int
    mask: Callable[[Table], Mask]


def _disagree(table: Table) -> Mask:
    mask: Mask = table.numbers("disagreement") > 0
    return mask


def _any_teacher(table: Table) -> Mask:
    mask: Mask = np.zeros(table.rows, dtype=np.bool_)
    for who in participants(table):
        if who.startswith(TEACHER):
            mask |= is_right(table, who)
    return mask


def _one_right(right: str, wrong: str, *, teachers: int) -> Outcome:
    """Where one participant is right and another is not."""
    return Outcome(
        needs=(right, wrong),
        teachers=teachers,
        mask=lambda table: is_right(table, right) & ~is_right(table, wrong),
    )


OUTCOMES: dict[str, Outcome] = {
    "disagree": Outcome(needs=(), teachers=2, mask=_disagree),
    "thanks": _one_right(STUDENT, SOLO, teachers=1),
    "misled": _one_right(SOLO, STUDENT, teachers=1),
    "learned": _one_right(STUDENT, START, teachers=0),
    "forgotten": _one_right(START, STUDENT, teachers=0),
    "despite": _one_right(STUDENT, TARGET, teachers=1),
    "unheeded": _one_right(TARGET, STUDENT, teachers=1),
    "outvoted": Outcome(
        needs=(TARGET,), teachers=2, mask=lambda table: _any_teacher(table) & ~is_right(table, TARGET)
    ),
    "nobody": Outcome(needs=(), teachers=1, mask=lambda table: ~_any_teacher(table)),
}
"""By the word of an address: teachers name different classes; the student is right only with teachers, wrong only with
them, right where its start was wrong, wrong where that was right, right though the target is wrong, wrong though it is
right; a right teacher is outvoted; no teacher is right."""


def outcomes_in(table: Table) -> tuple[str, ...]:
    """This will name the outcomes that a table can tell."""
    known = set(participants(table))
    teachers = sum(who.startswith(TEACHER) for who in known)
    return tuple(
        name
        for name, one in OUTCOMES.items()
        if teachers >= one.teachers
        and known.issuperset(one.needs)
        and (name != "disagree" or table.has("disagreement"))
    )


@dataclass(frozen=True, kw_only=True)
class Rightness:
    """On how many of `rows` samples a participant is right, and on how many of those on which teachers disagree.

    `disputed` is their number; None, as `right_disputed`, where there are no two teachers.
    """

    who: str
    rows: int
    right: int
    disputed: int | None
    right_disputed: int | None

    @property
    def share(self) -> float | None:
        """Share of the samples on which it is right; None of nothing."""
        return self.right / self.rows if self.rows else None

    @property
    def share_disputed(self) -> float | None:
        """Share of those on which teachers disagree; None of nothing."""
        return (
            self.right_disputed / self.disputed if self.disputed and self.right_disputed is not None else None
        )


def rightness(table: Table, rows: Rows) -> list[Rightness]:
    """This will count for each participant on how many of some rows it is right; nothing without classes."""
    is_disputed = _disagree(table)[rows] if "disagree" in outcomes_in(table) else None
    counted = []
    for who in participants(table):
        right = is_right(table, who)[rows]
        counted.append(
            Rightness(
                who=who,
                rows=len(rows),
                right=int(right.sum()),
                disputed=None if is_disputed is None else int(is_disputed.sum()),
                right_disputed=None if is_disputed is None else int((right & is_disputed).sum()),
            )
        )
    return counted
