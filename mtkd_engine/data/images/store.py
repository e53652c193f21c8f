"""Encoded images behind one face, and their decoded pixels kept for the next time.

Shape suffixes: N images, H and W pixels, C channels (3).
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import PIL
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.decode import decode
from mtkd_engine.data.kept import KeptRows

_THREADS = min(8, os.cpu_count() or 1)
_WORTH_THREADS = 64
MadeT = TypeVar("MadeT")


class ImageStore(ABC):
    """Images by place, 0 to N - 1; what was decoded at a size once is read from a memory map afterwards.

    `keep` is where decoded pixels of this very content may be left for other processes: a folder and a name of the
    content. Without it they last as long as the store.
    """

    def __init__(self) -> None:
        self._keep: tuple[Path, str] | None = None
        self._pixels: dict[int, KeptRows | None] = {}

    @abstractmethod
    def __len__(self) -> int:
        """This will give the number of places."""

    @abstractmethod
    def encoded(self, place: int) -> bytes:
        """This will give the file of one image as it was handed in; raises DataError."""

    def named(self, place: int) -> str:
        """This will say for a person which image lies at a place."""
        return f"image {place}"

    def keep_in(self, folder: Path, *, content_hash: str) -> None:
        """This will leave decoded pixels in `folder` once all images are decoded."""
        self._keep = folder, content_hash

    def decoded(self, places: Sequence[int] | NDArray[np.int64], *, size: int) -> NDArray[np.uint8]:
        """This will decode images to (N, size, size, 3), RGB: the shorter side resized, the middle cut out.

        Each is decoded once and then read from a memory map, where the disk has room for all. Raises DataError
        with one sentence that names the image that cannot be decoded.
        """
        places_N = np.asarray(places, dtype=np.int64).reshape(-1)
        if size not in self._pixels:
            self._pixels[size] = KeptRows.opened(
                len(self), (size, size, 3), target=None if self._keep is None else _target(*self._keep, size)
            )
        kept = self._pixels[size]
        if kept is None:
            return self._decoded(places_N, size=size)
        missing_M = kept.missing(places_N)
        for start in range(0, len(missing_M), 4096):
            part = missing_M[start : start + 4096]
            kept.put(part, self._decoded(part, size=size))
        return np.asarray(kept.rows_N)[places_N]

    def _decoded(self, places_N: NDArray[np.int64], *, size: int) -> NDArray[np.uint8]:
        pixels_NHWC = np.empty((len(places_N), size, size, 3), np.uint8)
        for row, pixels_HWC in enumerate(in_threads(partial(self._one, size=size), places_N.tolist())):
            pixels_NHWC[row] = pixels_HWC
        return pixels_NHWC

    def _one(self, place: int, *, size: int) -> NDArray[np.uint8]:
        try:
            return decode(self.encoded(place), size=size)
        except DataError as error:
            raise DataError(f"{self.named(place)}: {error}") from None


def in_threads(one: Callable[[int], MadeT], places: Sequence[int]) -> Iterator[MadeT]:
    """This will yield what is made of each place, in their order, by several threads where that pays."""
    if len(places) < _WORTH_THREADS or _THREADS == 1:
        yield from map(one, places)
        return
    with ThreadPoolExecutor(_THREADS) as threads:
        yield from threads.map(one, places)


def _target(folder: Path, content: str, size: int) -> Path:
    return folder / f"pixels-{content[:32]}-pillow{PIL.__version__}-{size}.npy"
