"""What readers make of labelled images, before anything is decided about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtkd_engine.data.images.store import ImageStore

UNKNOWN = -1
"""The label of an image whose class is none of the dataset's."""
MOST_CLASSES = 20_000
LONGEST_CLASS = 200


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image as it was found; `place` is where the store has its bytes, `line` its 1-based row in the file."""

    split: str | None
    sample_id: str
    source_id: str | None
    label: int
    place: int
    file: str
    line: int | None = None

    @property
    def source(self) -> str:
        """What must not lie on both sides of a split: the stated group, or the image itself."""
        return self.sample_id if self.source_id is None else self.source_id


@dataclass(frozen=True)
class HandedImages:
    """Rows as found, the classes that their labels count, and the store that has the bytes."""

    name: str
    format: str
    classes: tuple[str, ...]
    rows: list[ImageRow]
    store: ImageStore
    files: tuple[Path, ...] = field(default=())
    ignored: tuple[str, ...] = ()
    """Files that are neither images nor say anything of them."""
    unreadable: tuple[tuple[str, int | None, str], ...] = ()
    """File, row and what is wrong, for what gives no row at all."""
    is_named: bool = True
    """Whether somebody gave the classes names; their numbers stand for them otherwise."""
