"""Who builds an entry and who reads it: advisory locks, which end with their process; torch-free.

Where a file system has none, nobody is kept out. Rows stay right all the same: they are a function of their header,
so that two who build an entry at once write the same.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

BUILDING, READING = "building.lock", "reading.lock"
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


@contextlib.contextmanager
def building(folder: Path) -> Iterator[bool]:
    """This will tell whether the entry is ours to write while the block runs; False where another writes it.

    One that was removed since it was opened is ours: nobody else finds it any more.
    """
    try:
        file = os.open(folder / BUILDING, os.O_RDWR | os.O_CREAT, 0o666)
    except FileNotFoundError:
        yield True
        return
    try:
        yield _locked(file, fcntl.LOCK_EX)
    finally:
        os.close(file)


def read_lock(folder: Path) -> int:
    """This will keep the entry from being collected until the descriptor that it gives is closed."""
    file = os.open(folder / READING, os.O_RDWR | os.O_CREAT, 0o666)
    _locked(file, fcntl.LOCK_SH)
    return file


def is_used(folder: Path) -> bool:
    """This will tell whether somebody builds or reads the entry at this moment, as far as locks tell."""
    for name in (BUILDING, READING):
        try:
            file = os.open(folder / name, os.O_RDWR)
        except OSError:
            continue
        try:
            if not _locked(file, fcntl.LOCK_EX):
                return True
        finally:
            os.close(file)
    return False


def _locked(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _NO_LOCKS
    return True
