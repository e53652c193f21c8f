"""Whole pictures by place, at their own size or at one that all are brought to.

Shape suffixes: N pictures, H and W pixels, C channels (3).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

from mtkd_engine.data.dense.sized import Bytes, Sized
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.decode import decode_whole, size_of
from mtkd_engine.data.images.store import ImageStore


class Pictures:
    """Pictures of a store of images; those brought to one size are decoded once and read from a memory map then."""

    def __init__(self, images: ImageStore) -> None:
        self._images = images
        self._sized = Sized(f"pictures-pillow{PIL.__version__}", self._one, pixel=(3,))

    def __len__(self) -> int:
        return len(self._images)

    def keep_in(self, folder: Path, *, content_hash: str) -> None:
        """This will leave decoded pixels in `folder` for other processes once all pictures are decoded."""
        self._sized.keep_in(folder, content_hash=content_hash)

    def named(self, place: int) -> str:
        """This will say for a person which picture lies at a place."""
        return self._images.named(place)

    def bytes(self, place: int) -> bytes:
        """This will give the file of one picture as it was handed in; raises DataError."""
        return self._images.encoded(place)

    def size(self, place: int) -> tuple[int, int]:
        """This will give height and width in pixels as the picture is shown, upright; raises DataError."""
        try:
            return size_of(self.bytes(place))
        except DataError as error:
            raise self._refusal(place, error) from None

    def rgb(self, place: int, height: int, width: int) -> Bytes:
        """This will give one picture as a whole, brought to (height, width, 3); raises DataError."""
        one_HWC: Bytes = self.several((place,), height, width)[0]
        return one_HWC

    def full(self, place: int) -> Bytes:
        """This will give one picture at its own size, (H, W, 3); raises DataError."""
        return self._one(place, size=None)

    def several(self, places: Sequence[int] | NDArray[np.int64], height: int, width: int) -> Bytes:
        """This will give pictures as wholes, (N, height, width, 3), resized with antialiasing; sides may stretch.

        Raises DataError with one sentence that names the picture that cannot be decoded.
        """
        return self._sized.several(places, (height, width), of=len(self))

    def _one(self, place: int, size: tuple[int, int] | None) -> Bytes:
        try:
            return decode_whole(self.bytes(place), size=size)
        except DataError as error:
            raise self._refusal(place, error) from None

    def _refusal(self, place: int, error: DataError) -> DataError:
        return DataError(f"{self.named(place)}: {error}")
