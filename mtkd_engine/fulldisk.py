"""A full disk, however it is met: told from other errors, said in a sentence, left without a trace of half files."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

NO_ROOM = 74
FULL = {errno.ENOSPC, errno.EDQUOT}
_SAID = ("no space left on device", "disk quota exceeded")


def is_full(error: BaseException | None) -> bool:
    """This will tell whether an error, or what led to it, is that a disk is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if any(words in str(error).lower() for words in _SAID):  # libraries that lose the number of the error
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def whole_or_nothing(partial: Path) -> Iterator[Path]:
    """This will remove a half-written file when writing it fails, so that it takes no room."""
    try:
        yield partial
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def tell(sentence: str) -> None:
    """This will say something on the standard error output, if that has room for it."""
    with contextlib.suppress(OSError):
        print(sentence, file=sys.stderr, flush=True)


def let_go_of_output() -> None:
    """This will keep what a full disk did not take from turning the exit code into another one."""
    for stream in (sys.stdout, sys.stderr):
        _flush_or_drop(stream)


def _flush_or_drop(stream: TextIO) -> None:
    try:
        stream.flush()
    except OSError:
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
