"""How much memory and time a check may take, watched from outside while it runs."""

from __future__ import annotations

import contextlib
import time

import psutil
from django.conf import settings

GB = 1_000_000_000
_LOOK_SECONDS = 0.2


class Limits:
    """Watches one process and its children from the moment it is made."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = time.monotonic()
        self._next_look = 0.0

    def broken(self) -> str | None:
        """This will give a sentence for the limit that is broken, or None; memory is looked at 5 times a second."""
        now = time.monotonic()
        if now - self._began > settings.CHECK_SECONDS:
            return (
                f"The check took longer than {settings.CHECK_SECONDS:,g} s, the most that it may take here "
                "(MTKD_CHECK_SECONDS), and was given up."
            )
        if now < self._next_look:
            return None
        self._next_look = now + _LOOK_SECONDS
        if resident_bytes(self._pid) > settings.CHECK_MEMORY:
            return (
                f"The check needed more than {settings.CHECK_MEMORY / GB:g} GB of memory, the most that it may "
                "take here (MTKD_CHECK_MEMORY), and was given up."
            )
        return None


def resident_bytes(pid: int) -> int:
    """This will give the resident memory of a process and all its children, 0 when it is gone."""
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total
