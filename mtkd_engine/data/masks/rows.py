"""What readers make of pictures with masks, before anything is decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.decode import MOST_BYTES
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.labelled.rows import Handed
from mtkd_engine.data.masks.coding import Coding
from mtkd_engine.data.masks.readers.entries import StatedClasses

ALIKE = 0
"""The label of every row: what is told of a picture stands in its mask."""


class MaskFiles(Protocol):
    """The files of masks as they were handed in."""

    def encoded(self, place: int) -> bytes:
        """This will give the file of one mask; raises DataError."""
        ...

    def named(self, place: int) -> str:
        """This will say for a person which mask lies at a place."""
        ...


class LooseMasks:
    """Masks as files of their own; None where a picture has none."""

    def __init__(self, root: Path, paths: Sequence[Path | None]) -> None:
        self._root = root
        self._paths = paths

    def encoded(self, place: int) -> bytes:
        """This will read the file; raises DataError."""
        path = self._paths[place]
        if path is None:
            raise DataError("it has no mask.")
        try:
            with path.open("rb") as stream:
                return stream.read(MOST_BYTES + 1)
        except OSError as error:
            raise DataError(f"it cannot be read ({error.strerror}).") from None

    def named(self, place: int) -> str:
        """This will give the path below the dataset."""
        path = self._paths[place]
        return "" if path is None else path.relative_to(self._root).as_posix()


@dataclass(frozen=True, kw_only=True)
class HandedMasks(Handed):
    """Rows of pictures, the store of them and the files of their masks, by the same places.

    Which classes there are is known where `stated` says so, and otherwise once all masks were read.
    """

    images: ImageStore
    masks: MaskFiles
    stated: StatedClasses | None = None
    coding: Coding | None = None
