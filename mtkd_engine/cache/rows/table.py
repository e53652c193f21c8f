"""One entry on disk: laid out once, written block by block, read by any number of processes."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from mtkd_engine.cache.rows.header import BLOCK, Header
from mtkd_engine.cache.rows.locks import read_lock

FOLDER = "rows"
HEADER, ROWS, DONE = "header.json", "rows.npy", "done.npy"
_ATTEMPTS = 5  # against somebody who removes the entry, or lays it out, at the same moment


class Table:
    """The rows of one entry, which is not collected as long as this is open."""

    def __init__(self, root: Path, header: Header) -> None:
        self.header = header
        self.folder = root / FOLDER / header.name
        for left in reversed(range(_ATTEMPTS)):
            if not is_whole(self.folder, header):
                lay_out(self.folder, header)  # which leaves alone what somebody else has laid out meanwhile
                if not is_whole(self.folder, header):
                    remove(self.folder)
                    lay_out(self.folder, header)
            try:
                self._open()
                return
            except FileNotFoundError:
                if not left:
                    raise

    def _open(self) -> None:
        with contextlib.ExitStack() as files:
            files.callback(os.close, read_lock(self.folder))
            os.utime(self.folder / HEADER)  # when it was used last
            self._rows = _Flat(self.folder / ROWS)
            files.callback(os.close, self._rows.file)
            self._done = _Flat(self.folder / DONE)
            files.callback(os.close, self._done.file)
            self.close = weakref.finalize(self, files.pop_all().close)

    def missing(self, views: Sequence[int]) -> list[tuple[int, int]]:
        """This will list what is not computed yet, as view and block."""
        done = self._done.read().reshape(self.header.planes, -1)
        return [(view, int(block)) for view in views for block in np.flatnonzero(done[self.plane(view)] == 0)]

    def plane(self, view: int) -> int:
        """This will give the place of a view in the file."""
        assert view < self.header.views if self.header.views else view < 0
        return max(view, 0)

    def block(self, number: int) -> range:
        """This will give the samples of a block."""
        return range(number * BLOCK, min(self.header.count, (number + 1) * BLOCK))

    def write(self, view: int, block: int, rows: NDArray[np.generic]) -> None:
        """This will write the rows of a block; they count once they are marked."""
        # Not through the mapping: there a full disk would kill the process.
        place = self.plane(view) * self.header.count + block * BLOCK
        self._rows.write(np.ascontiguousarray(rows, self.header.dtype), at=place * self.header.stride)

    def mark(self, blocks: Sequence[tuple[int, int]]) -> None:
        """This will note that blocks are written, after forcing them to disk."""
        if blocks:
            os.fsync(self._rows.file)
            for view, block in blocks:
                self._done.write(np.ones(1, np.uint8), at=self.plane(view) * self.header.blocks + block)

    def rows(self) -> NDArray[Any]:
        """This will map all rows, (views * samples, S); what is written later may or may not be seen."""
        # A private mapping is writable, without which torch warns; nobody writes to it.
        return np.asarray(np.load(self._rows.open_path, mmap_mode="c", allow_pickle=False))


class _Flat:
    """A .npy file that is written in place, by number of its element."""

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_RDWR)
        own = Path(f"/proc/self/fd/{self.file}")
        self.open_path = own if own.exists() else path  # still there when the entry has been removed
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            shape, _, self._dtype = np.lib.format.read_array_header_1_0(file)
            self._offset, self._size = file.tell(), int(np.prod(shape))

    def write(self, values: NDArray[np.generic], *, at: int) -> None:
        left, place = memoryview(values.tobytes()), self._offset + at * self._dtype.itemsize
        while left:
            written = os.pwrite(self.file, left, place)
            left, place = left[written:], place + written

    def read(self) -> NDArray[Any]:
        raw = os.pread(self.file, self._size * self._dtype.itemsize, self._offset)
        return np.frombuffer(raw, self._dtype)


def is_whole(folder: Path, header: Header) -> bool:
    """This will tell whether the files of an entry are those of this header, down to their sizes."""
    if read_header(folder) != header.stated():
        return False
    try:
        rows = np.load(folder / ROWS, mmap_mode="r", allow_pickle=False)
        done = np.load(folder / DONE, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    shape = (header.planes * header.count, header.stride)
    return (rows.shape, rows.dtype) == (shape, header.dtype) and done.size == header.planes * header.blocks


def read_header(folder: Path) -> dict[str, Any] | None:
    """This will read what an entry says of itself, None where that is no header."""
    try:
        said = json.loads((folder / HEADER).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def lay_out(folder: Path, header: Header) -> None:
    """This will make the empty files of an entry, there at one moment; of several who do so one wins."""
    fresh = folder.with_name(f".new-{secrets.token_hex(8)}")
    fresh.mkdir(parents=True)
    try:
        shape = (header.planes * header.count, header.stride)
        open_memmap(fresh / ROWS, "w+", dtype=header.dtype, shape=shape)  # of holes: it takes no room yet
        np.save(fresh / DONE, np.zeros((header.planes, header.blocks), np.uint8))
        (fresh / HEADER).write_text(json.dumps(header.stated(), indent=1), encoding="utf-8")
        with contextlib.suppress(OSError):  # somebody else was first: no folder takes the place of a full one
            fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def remove(folder: Path) -> None:
    """This will remove an entry at one moment, whoever looks at it."""
    gone = folder.with_name(f".gone-{secrets.token_hex(8)}")
    with contextlib.suppress(OSError):
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
