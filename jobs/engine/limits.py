"""How much memory and time an engine may take, watched from outside while it runs."""

from __future__ import annotations

import time

from django.conf import settings

from jobs.engine.family import Family
from jobs.engine.memory import resident_bytes

GB = 1_000_000_000
_LOOK_SECONDS = 0.2


class Limits:
    """Watches a process and its children from the moment it is made; by default that of a check."""

    def __init__(self, family: Family, *, seconds: float | None = None, what: str = "The check") -> None:
        self._family = family
        self._seconds = seconds
        self._what = what
        self._began = time.monotonic()
        self._next_look = 0.0

    def broken(self) -> str | None:
        """This will give a sentence for the limit that is broken, or None; memory is looked at 5 times a second."""
        now = time.monotonic()
        if (sentence := self._too_long(now - self._began)) is not None:
            return sentence
        if now < self._next_look:
            return None
        self._next_look = now + _LOOK_SECONDS
        self._family.look()
        if resident_bytes(self._family) > settings.CHECK_MEMORY:
            return (
                f"{self._what} needed more than {settings.CHECK_MEMORY / GB:g} GB of memory, the most that it may "
                "take here (MTKD_CHECK_MEMORY), and was given up."
            )
        return None

    def _too_long(self, seconds: float) -> str | None:
        most = settings.CHECK_SECONDS if self._seconds is None else self._seconds
        if seconds <= most:
            return None
        setting = " (MTKD_CHECK_SECONDS)" if self._seconds is None else ""
        return f"{self._what} took longer than {most:,g} s, the most that it may take here{setting}, and was given up."
