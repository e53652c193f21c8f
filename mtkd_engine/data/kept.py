"""Rows of bytes that are costly to make: made once, kept in a memory map, left for other processes when all are there.

Shape suffixes: N rows.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MOST_KEPT = 16 << 30
"""Bytes of rows that are left for others."""
_MOST_PASSING = 2 << 30


class KeptRows:
    """A memory map of rows and which of them are there; becomes a file of its name when all are."""

    def __init__(self, rows_N: NDArray[np.uint8], done_N: NDArray[np.bool_]) -> None:
        self.rows_N = rows_N
        self._done_N = done_N
        self._is_whole = bool(done_N.all())
        self._draft: Path | None = None
        self._target: Path | None = None

    @classmethod
    def opened(
        cls, count: int, shape: tuple[int, ...], *, target: Path | None, besides: int = 1
    ) -> KeptRows | None:
        """This will find what another process has left at `target`, or begin anew; None where there is no room.

        Without a target rows last as long as the map. `besides` is how many such files there will be, room for all of
        which is asked for.
        """
        whole = (count, *shape)
        if target is not None and target.is_file():
            there = np.load(target, mmap_mode="r", allow_pickle=False)
            if there.shape == whole and there.dtype == np.uint8:
                return cls(there, np.ones(count, np.bool_))
        folder = Path(tempfile.gettempdir()) if target is None else target.parent
        folder.mkdir(parents=True, exist_ok=True)
        needed = int(np.prod(whole)) * besides
        if needed > (_MOST_PASSING if target is None else MOST_KEPT) or not count:
            return None
        if needed > shutil.disk_usage(folder).free // 2:
            return None
        handle, name = tempfile.mkstemp(prefix=".kept-", suffix=".npy", dir=folder)
        os.close(handle)
        begun = np.lib.format.open_memmap(name, mode="w+", dtype=np.uint8, shape=whole)
        kept = cls(begun, np.zeros(count, np.bool_))
        if target is None:
            os.unlink(name)  # the map lives on without a name
        else:
            kept._draft, kept._target = Path(name), target
        return kept

    def missing(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """This will give the rows, each once, that are not made yet."""
        if self._is_whole:
            return rows[:0]
        return np.unique(rows[~self._done_N[rows]])

    def put(self, rows: NDArray[np.int64], values: NDArray[np.uint8]) -> None:
        """This will keep rows that were made."""
        self.rows_N[rows] = values
        self._done_N[rows] = True
        if self._done_N.all():
            self._is_whole = True
            self._publish()

    def _publish(self) -> None:
        if self._draft is not None and self._target is not None:
            assert isinstance(self.rows_N, np.memmap)
            self.rows_N.flush()
            self._draft.replace(self._target)
            self._draft = None

    def __del__(self) -> None:
        draft = getattr(self, "_draft", None)
        if draft is not None:
            draft.unlink(missing_ok=True)
