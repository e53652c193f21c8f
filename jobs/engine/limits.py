"""How much memory and time an engine may take, watched from outside while it runs."""

from __future__ import annotations

import time

from django.conf import settings

from jobs.engine.family import Family
from jobs.engine.memory import resident_bytes

GB = 1_000_000_000
_LOOK_SECONDS = 0.2


class Limits:
    """Watches the process of a check and its children from the moment it is made."""

    def __init__(self, family: Family) -> None:
        self._family = family
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
        self._family.look()
        if resident_bytes(self._family) > settings.CHECK_MEMORY:
            return (
                f"The check needed more than {settings.CHECK_MEMORY / GB:g} GB of memory, the most that it may "
                "take here (MTKD_CHECK_MEMORY), and was given up."
            )
        return None
