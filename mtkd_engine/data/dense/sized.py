"""Arrays by place, brought to one size: each made once and then read from a memory map.

Shape suffixes: N places, H and W pixels; `...` what a pixel has besides.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.images.store import in_threads
from mtkd_engine.data.kept import KeptRows

Bytes = NDArray[np.uint8]
_AT_ONCE = 1024


class Sized:
    """What `one` makes of a place and a size, (height, width), kept for the next time; threads may ask at once.

    `name` begins the names of files that are left for other processes, `pixel` is the shape of what a pixel has.
    """

    def __init__(
        self, name: str, one: Callable[[int, tuple[int, int]], Bytes], *, pixel: tuple[int, ...] = ()
    ) -> None:
        self._name = name
        self._one = one
        self._pixel = pixel
        self._keep: tuple[Path, str] | None = None
        self._kept: dict[tuple[int, int], KeptRows | None] = {}
        self._lock = threading.Lock()

    def keep_in(self, folder: Path, *, content_hash: str) -> None:
        """This will leave arrays in `folder` for other processes once all places were asked for."""
        self._keep = folder, content_hash

    def several(self, places: Sequence[int] | NDArray[np.int64], size: tuple[int, int], *, of: int) -> Bytes:
        """This will give the arrays of places, (N, H, W, ...), out of `of` places in all."""
        places_N = np.asarray(places, dtype=np.int64).reshape(-1)
        kept = self._opened(size, of=of)
        if kept is None:
            return self._made(places_N, size)
        with self._lock:
            missing_M = kept.missing(places_N)
            for start in range(0, len(missing_M), _AT_ONCE):
                part_M = missing_M[start : start + _AT_ONCE]
                kept.put(part_M, self._made(part_M, size))
        return np.asarray(kept.rows_N)[places_N]

    def _opened(self, size: tuple[int, int], *, of: int) -> KeptRows | None:
        with self._lock:
            if size not in self._kept:
                self._kept[size] = KeptRows.opened(of, (*size, *self._pixel), target=self._target(size))
            return self._kept[size]

    def _target(self, size: tuple[int, int]) -> Path | None:
        if self._keep is None:
            return None
        folder, content = self._keep
        return folder / f"{self._name}-{content[:32]}-{size[0]}x{size[1]}.npy"

    def _made(self, places_N: NDArray[np.int64], size: tuple[int, int]) -> Bytes:
        made_N = np.empty((len(places_N), *size, *self._pixel), np.uint8)
        for row, array in enumerate(in_threads(lambda place: self._one(place, size), places_N.tolist())):
            made_N[row] = array
        return made_N
