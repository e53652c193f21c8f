"""What readers make of labelled samples, before anything is decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

UNKNOWN = -1
"""The label of a sample whose class is none of the dataset's."""
MOST_CLASSES = 20_000
LONGEST_CLASS = 200


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """One sample as it was found; `place` is where the store has it, `line` its 1-based row in the file."""

    split: str | None
    sample_id: str
    source_id: str | None
    label: int
    place: int
    file: str
    line: int | None = None

    @property
    def source(self) -> str:
        """What must not lie on both sides of a split: the stated group, or the sample itself."""
        return self.sample_id if self.source_id is None else self.source_id


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a reader noticed: the code of a problem, where, and what to say of it."""

    code: str
    said: str
    file: str = ""
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Handed:
    """Rows as found, and the classes that their labels count."""

    name: str
    format: str
    classes: tuple[str, ...]
    rows: list[LabelledRow]
    files: tuple[Path, ...] = ()
    found: tuple[Found, ...] = ()
    is_named: bool = True
    """Whether somebody gave the classes names; their numbers stand for them otherwise."""
