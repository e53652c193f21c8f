"""Masks as they were handed in, read by what their values stand for.

Shape suffixes: H and W pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.masks.coding import Coding
from mtkd_engine.data.masks.rows import MaskFiles
from mtkd_engine.data.masks.store import Masks
from mtkd_engine.data.masks.values import read_values


class CodedMasks(Masks):
    """Masks in files of any form; values that stand for nothing count as void."""

    def __init__(self, files: MaskFiles, coding: Coding, *, count: int) -> None:
        super().__init__()
        self._files = files
        self._coding = coding
        self._count = count

    def __len__(self) -> int:
        return self._count

    def at(self, place: int) -> NDArray[np.uint8]:
        """This will give one mask, (H, W); raises DataError."""
        try:
            return self._coding.apply(read_values(self._files.encoded(place)).by(self._coding.by))
        except DataError as error:
            raise DataError(f"{self._files.named(place)}: {error}") from None
