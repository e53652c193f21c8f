"""What readers make of annotation files, before anything is decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Window = tuple[float, float]
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence on one video as it was found; times in seconds, `line` is its 1-based row in the file."""

    split: str | None
    sample_id: str
    video_id: str
    source_id: str | None
    duration: float | None
    windows: tuple[Window, ...]
    sentence: str
    file: str
    line: int

    @property
    def source(self) -> str:
        """What must not lie on both sides of a split: the stated group, or the video itself."""
        return self.video_id if self.source_id is None else self.source_id


@dataclass(frozen=True)
class Place:
    """Where something was found."""

    file: str
    row: int | None
    detail: str


@dataclass(frozen=True)
class Problem:
    """Something a person should know: `count` occurrences, the first ones in `places`."""

    code: str
    severity: Severity
    message: str
    count: int
    places: tuple[Place, ...]
    repair: str | None


@dataclass(frozen=True)
class Annotations:
    """Everything that the annotation files of a dataset say."""

    rows: list[Row]
    problems: list[Problem]
    format: str
