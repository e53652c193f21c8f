"""What a supervisor sees of an engine from outside: its memory, whether it moves, whether it says anything."""

from __future__ import annotations

import contextlib
import signal
import time
from pathlib import Path

import psutil
from django.conf import settings

from jobs.engine.family import Family
from jobs.engine.memory import ControlGroup, own_bytes, resident_bytes
from jobs.engine.verdict import LOST, OUT_OF_MEMORY, STALLED, Verdict

GB = 1_000_000_000
_LOOK_SECONDS = 1.0
_FAMILY_SECONDS = 5.0  # a look for new descendants reads a line of every process of this host
_NEAR = 0.8
_LOOKED_THROUGH = 1 << 20
_OF_THE_MACHINE = b'"system/'


class Watch:
    """Looks at one engine about once a second; `peak` is the most resident bytes it was seen with.

    `mark` is a file that lies in its folder before it starts and as long as there is that folder.
    """

    def __init__(self, pid: int, family: Family, *, journal: Path, mark: Path) -> None:
        self.peak = 0
        self._pid = pid
        self._family = family
        self._journal = journal
        self._mark = mark
        self._journal_was_there = False
        self._group = ControlGroup()
        self._kills_before = self._group.kills()
        self._read, self._said_at = 0, time.monotonic()
        self._moved_at = time.monotonic()
        self._next_look = self._next_family = 0.0

    def trouble(self) -> Verdict | None:
        """This will say why the engine has to be killed, or None."""
        now = time.monotonic()
        if now < self._next_look:
            return None
        self._next_look = now + min(_LOOK_SECONDS, settings.LEASE_SECONDS / 10)
        if now >= self._next_family:
            self._next_family = now + _FAMILY_SECONDS
            self._family.look()
        return self._disappearance() or self._memory() or self._standstill(now) or self._silence(now)

    def after_death(self, exit_code: int) -> Verdict | None:
        """This will tell what ended an engine that nobody here killed, as far as can be seen: no memory, no disk."""
        if (gone := self._disappearance()) is not None:
            return gone
        if exit_code != -signal.SIGKILL:
            return None
        limit = min(settings.JOB_MEMORY, self._group.limit() or settings.JOB_MEMORY)
        if self._group.kills() == self._kills_before and self.peak < _NEAR * limit:
            return None
        sentence = (
            "the engine ran out of memory and was killed from outside; it was last seen with "
            f"{self.peak / GB:.2f} GB, where {limit / GB:.2f} GB are the limit (MTKD_JOB_MEMORY)."
        )
        return Verdict("lost", OUT_OF_MEMORY, sentence)

    def _disappearance(self) -> Verdict | None:
        """An engine writes on into a file that was deleted, and nobody would ever read it; or it finds no input."""
        self._journal_was_there |= self._journal.exists()
        if self._mark.exists() and (self._journal.exists() or not self._journal_was_there):
            return None
        return Verdict("lost", LOST, "the folder of the attempt was deleted from the disk of its worker.")

    def _memory(self) -> Verdict | None:
        used = resident_bytes(self._family)
        if used > settings.JOB_MEMORY:
            used = own_bytes(self._family)
        self.peak = max(self.peak, used)
        if used <= settings.JOB_MEMORY:
            return None
        sentence = (
            f"the engine ran out of memory: it was killed at {used / GB:.2f} GB, and a job may take "
            f"{settings.JOB_MEMORY / GB:.2f} GB on this worker (MTKD_JOB_MEMORY)."
        )
        return Verdict("lost", OUT_OF_MEMORY, sentence)

    def _standstill(self, now: float) -> Verdict | None:
        state = ""
        with contextlib.suppress(psutil.Error):
            state = psutil.Process(self._pid).status()
        if state != psutil.STATUS_STOPPED:
            self._moved_at = now
        if now - self._moved_at <= settings.LEASE_SECONDS:
            return None
        sentence = (
            f"the engine stood still (SIGSTOP) for more than {settings.LEASE_SECONDS:g} s and was killed."
        )
        return Verdict("lost", STALLED, sentence)

    def _silence(self, now: float) -> Verdict | None:
        if self._has_said_something():
            self._said_at = now
        if now - self._said_at <= settings.STALL_SECONDS:
            return None
        minutes = settings.STALL_SECONDS / 60
        sentence = (
            f"the engine said nothing for more than {minutes:g} minutes (MTKD_STALL_MINUTES) and was killed."
        )
        return Verdict("lost", STALLED, sentence)

    def _has_said_something(self) -> bool:
        """What it takes of the machine is told by a thread of its own, also while the work stands still."""
        try:
            with self._journal.open("rb") as file:
                file.seek(self._read)
                fresh = file.read(_LOOKED_THROUGH)
                self._read = file.seek(0, 2)
        except OSError:
            return False
        return any(_OF_THE_MACHINE not in line for line in fresh.splitlines())
