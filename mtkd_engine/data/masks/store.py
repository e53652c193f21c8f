"""Masks by place, at their own size or at one that all are brought to.

Shape suffixes: N masks, H and W pixels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.dense.nearest import nearest
from mtkd_engine.data.dense.sized import Bytes, Sized


class Masks(ABC):
    """The class of every pixel, 255 where none is told; what is brought to a size once is kept in a memory map."""

    def __init__(self) -> None:
        self._sized = Sized("masks", self._one)

    @abstractmethod
    def __len__(self) -> int:
        """This will give the number of places."""

    @abstractmethod
    def at(self, place: int) -> Bytes:
        """This will give one mask at its own size, (H, W); raises DataError that names it."""

    def keep_in(self, folder: Path, *, content_hash: str) -> None:
        """This will leave resized masks in `folder` for other processes once all were asked for."""
        self._sized.keep_in(folder, content_hash=content_hash)

    def resized(self, place: int, height: int, width: int) -> Bytes:
        """This will give one mask as a whole, brought to (height, width), no two classes mixed; raises DataError."""
        one_HW: Bytes = self.several((place,), height, width)[0]
        return one_HW

    def several(self, places: Sequence[int] | NDArray[np.int64], height: int, width: int) -> Bytes:
        """This will give masks as wholes, (N, height, width); raises DataError."""
        return self._sized.several(places, (height, width), of=len(self))

    def _one(self, place: int, size: tuple[int, int]) -> Bytes:
        return nearest(self.at(place), *size)
