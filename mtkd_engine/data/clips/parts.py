"""Parts of large files, read when they are asked for: what a memory map has touched counts as memory of the process.

A file may lose its name once it is open.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class FileParts:
    """The bytes of one file, read from any thread."""

    def __init__(self, path: Path) -> None:
        """This will open the file; raises OSError."""
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.fstat(self._file).st_size
        self._close = weakref.finalize(self, os.close, self._file)

    def read(self, start: int, stop: int) -> bytes:
        """This will read the bytes from `start` to before `stop`; raises OSError where they are not all there."""
        parts: list[bytes] = []
        while start < stop:
            part = os.pread(self._file, stop - start, start)
            if not part:
                raise OSError(0, f"it ends at byte {start:,}")
            parts.append(part)
            start += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class FileRows:
    """An array of floating-point numbers in a .npy file, read a few rows at a time."""

    def __init__(self, path: Path) -> None:
        """This will read the header; raises OSError, ValueError or EOFError for what is no whole array."""
        mapped: Floats = np.load(path, mmap_mode="r", allow_pickle=False)
        assert isinstance(mapped, np.memmap)
        self.shape: tuple[int, ...] = mapped.shape
        self.dtype: np.dtype[np.floating] = mapped.dtype
        # In the other order of memory a row lies all over the file.
        self._mapped = None if mapped.flags.c_contiguous else mapped
        self._start: int = mapped.offset
        self._row = mapped.nbytes // len(mapped)
        self._parts = FileParts(path)

    def __len__(self) -> int:
        return self.shape[0]

    def read(self, start: int, stop: int) -> Floats:
        """This will read the rows from `start` to before `stop`, (rows, ...)."""
        if self._mapped is not None:
            return np.ascontiguousarray(self._mapped[start:stop])
        content = self._parts.read(self._start + start * self._row, self._start + stop * self._row)
        return np.frombuffer(content, self.dtype).reshape(stop - start, *self.shape[1:])
