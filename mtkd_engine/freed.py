"""Memory that a step has freed is kept for the next one, which asks for the same blocks."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Their numbers in glibc's malloc.h."""
_MOST = 2**30


def keep_freed_memory() -> bool:
    """This will have the C library keep what is freed in this process; False where it is none that can (not glibc).

    It would hand large blocks back to the system, which maps and clears each of their pages anew in every step: a
    sixth of the step of a small network on a CPU. The process holds what it held at most until it ends.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _MOST)) and bool(mallopt(_TRIM_THRESHOLD, _MOST))
