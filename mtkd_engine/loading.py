"""Loading code fast at the start of a process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """This will load what is imported inside without a search for garbage: that takes a fifth of the time.

    None of it is garbage. The first time in a process all that is there stays out of later searches too.
    """
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            if not gc.get_freeze_count():
                gc.freeze()
            gc.enable()
