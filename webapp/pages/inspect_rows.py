"""Rows of a per-sample table as the list shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.queries.inspect.table import Rows, Table
from webapp.pages.inspect_ties import leaders
from webapp.pages.timeline import Line, line_of

TONES = 8
_SHOWN = ("sample_id", "split", "source_id", "video_id", "sentence", "duration", "leading")
_TRUTH, _STUDENT = ("truth_start", "truth_end"), ("student_start", "student_end")


@dataclass(frozen=True, kw_only=True)
class Share:
    """A teacher's part of a bar that is as long as all weights, in percent."""

    teacher: str
    tone: int
    weight: float
    left: float
    width: float


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One sample: its row in the table, its words by column, its quantities, and what is drawn."""

    row: int
    words: dict[str, Any]
    quantities: list[float | None]
    shares: list[Share]
    truth: Line | None
    student: Line | None

    @property
    def weights(self) -> str:
        """All weights in words, for those who cannot see the bar."""
        return ", ".join(f"{share.teacher} {share.weight:.2f}" for share in self.shares)

    @property
    def tied(self) -> list[str]:
        """The teachers with the largest weight where there are several; nothing where one leads."""
        found = leaders({share.teacher: share.weight for share in self.shares})
        return found if len(found) > 1 else []

    @property
    def leader(self) -> str:
        """The teacher that leads, as the table says; empty where it says none and where several are tied."""
        return "" if self.tied else self.words.get("leading") or ""


def shown_rows(table: Table, rows: Rows, *, quantities: list[str]) -> list[Shown]:
    """This will read what a page shows of some rows; only the columns that it needs."""
    named = {name: table.take(name, rows) for name in _SHOWN if table.has(name)}
    numbers = [table.take(name, rows) for name in quantities]
    weights = {name: table.take(f"{name}/weight", rows) for name in _weighing(table)}
    tones = tones_of(table.teachers)
    windows = {ends: _windows(table, rows, ends) for ends in (_TRUTH, _STUDENT)}
    return [
        Shown(
            row=int(row),
            words={name: values[place] for name, values in named.items()},
            quantities=[values[place] for values in numbers],
            shares=shares_of({name: values[place] for name, values in weights.items()}, tones),
            truth=_line(windows[_TRUTH][place], named, place),
            student=_line(windows[_STUDENT][place], named, place),
        )
        for place, row in enumerate(rows)
    ]


def tones_of(teachers: Iterable[str]) -> dict[str, int]:
    """This will give each teacher the number of its colour; there are eight."""
    return {teacher: place % TONES + 1 for place, teacher in enumerate(teachers)}


def shares_of(weights: Mapping[str, float | None], tones: Mapping[str, int]) -> list[Share]:
    """This will place weights side by side on one bar, whatever they sum to."""
    known = {name: max(0.0, weight) for name, weight in weights.items() if weight is not None}
    total = sum(known.values()) or 1.0
    shares, left = [], 0.0
    for name, weight in known.items():
        width = 100 * weight / total
        shares.append(Share(teacher=name, tone=tones[name], weight=weight, left=left, width=width))
        left += width
    return shares


def _weighing(table: Table) -> list[str]:
    return [teacher for teacher in table.teachers if table.has(f"{teacher}/weight")]


def _windows(table: Table, rows: Rows, ends: tuple[str, str]) -> list[tuple[Any, Any]]:
    if not all(table.has(name) for name in ends):
        return [(None, None)] * len(rows)
    return list(zip(*(table.take(name, rows) for name in ends), strict=True))


def _line(window: tuple[Any, Any], named: dict[str, list[Any]], place: int) -> Line | None:
    duration = named["duration"][place] if "duration" in named else None
    return None if duration is None or None in window else line_of([window], duration)
