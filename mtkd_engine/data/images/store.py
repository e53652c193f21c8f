"""Encoded images behind one face, and their decoded pixels kept for the next time.

Shape suffixes: N images, H and W pixels, C channels (3).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.decode import decode

_THREADS = min(8, os.cpu_count() or 1)
_WORTH_THREADS = 64
_MOST_KEPT = 16 << 30
_MOST_PASSING = 2 << 30


class ImageStore(ABC):
    """Images by place, 0 to N - 1; what was decoded at a size once is read from a memory map afterwards.

    `keep` is where decoded pixels of this very content may be left for other processes: a folder and a name of the
    content. Without it they last as long as the store.
    """

    def __init__(self) -> None:
        self._keep: tuple[Path, str] | None = None
        self._pixels: dict[int, _Pixels | None] = {}

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
            self._pixels[size] = _Pixels.opened(len(self), size=size, keep=self._keep)
        kept = self._pixels[size]
        if kept is None:
            return self._decoded(places_N, size=size)
        missing_M = kept.missing(places_N)
        for start in range(0, len(missing_M), 4096):
            part = missing_M[start : start + 4096]
            kept.put(part, self._decoded(part, size=size))
        return np.asarray(kept.pixels_NHWC)[places_N]

    def _decoded(self, places_N: NDArray[np.int64], *, size: int) -> NDArray[np.uint8]:
        pixels_NHWC = np.empty((len(places_N), size, size, 3), np.uint8)
        one = partial(self._one, size=size)
        if len(places_N) < _WORTH_THREADS or _THREADS == 1:
            for row, place in enumerate(places_N.tolist()):
                pixels_NHWC[row] = one(place)
            return pixels_NHWC
        with ThreadPoolExecutor(_THREADS) as threads:
            for row, pixels_HWC in enumerate(threads.map(one, places_N.tolist())):
                pixels_NHWC[row] = pixels_HWC
        return pixels_NHWC

    def _one(self, place: int, *, size: int) -> NDArray[np.uint8]:
        try:
            return decode(self.encoded(place), size=size)
        except DataError as error:
            raise DataError(f"{self.named(place)}: {error}") from None


class _Pixels:
    """A memory map of decoded images and which of them are there; becomes a file of its name when all are."""

    def __init__(self, pixels_NHWC: NDArray[np.uint8], done_N: NDArray[np.bool_]) -> None:
        self.pixels_NHWC = pixels_NHWC
        self._done_N = done_N
        self._is_whole = bool(done_N.all())
        self._draft: Path | None = None
        self._target: Path | None = None

    @classmethod
    def opened(cls, count: int, *, size: int, keep: tuple[Path, str] | None) -> _Pixels | None:
        """This will find what another process has left or begin anew; None where there is no room for it."""
        shape = (count, size, size, 3)
        target = (
            None if keep is None else keep[0] / f"pixels-{keep[1][:32]}-pillow{PIL.__version__}-{size}.npy"
        )
        if target is not None and target.is_file():
            there = np.load(target, mmap_mode="r", allow_pickle=False)
            if there.shape == shape and there.dtype == np.uint8:
                return cls(there, np.ones(count, np.bool_))
        folder = Path(tempfile.gettempdir()) if keep is None else keep[0]
        folder.mkdir(parents=True, exist_ok=True)
        needed = count * size * size * 3
        if needed > (_MOST_PASSING if keep is None else _MOST_KEPT) or not count:
            return None
        if needed > shutil.disk_usage(folder).free // 2:
            return None
        handle, name = tempfile.mkstemp(prefix=".pixels-", suffix=".npy", dir=folder)
        os.close(handle)
        begun = np.lib.format.open_memmap(name, mode="w+", dtype=np.uint8, shape=shape)
        pixels = cls(begun, np.zeros(count, np.bool_))
        if target is None:
            os.unlink(name)  # the map lives on without a name
        else:
            pixels._draft, pixels._target = Path(name), target
        return pixels

    def missing(self, places_N: NDArray[np.int64]) -> NDArray[np.int64]:
        """This will give the places, each once, that are not decoded yet."""
        if self._is_whole:
            return places_N[:0]
        return np.unique(places_N[~self._done_N[places_N]])

    def put(self, places_N: NDArray[np.int64], pixels_NHWC: NDArray[np.uint8]) -> None:
        """This will keep decoded images."""
        self.pixels_NHWC[places_N] = pixels_NHWC
        self._done_N[places_N] = True
        if self._done_N.all():
            self._is_whole = True
            self._publish()

    def _publish(self) -> None:
        if self._draft is not None and self._target is not None:
            assert isinstance(self.pixels_NHWC, np.memmap)
            self.pixels_NHWC.flush()
            self._draft.replace(self._target)
            self._draft = None

    def __del__(self) -> None:
        draft = getattr(self, "_draft", None)
        if draft is not None:
            draft.unlink(missing_ok=True)
