"""The thread that keeps a claim while its supervisor works: heartbeats, and an ear for what is wished."""

from __future__ import annotations

import contextlib
import time
from functools import partial

from django.conf import settings

from jobs.attempt.recorder import JOURNAL
from jobs.engine.verdict import Wish
from jobs.keeping import Keeping
from jobs.notify import Listener
from jobs.operations.claims import Claim, Seen, heartbeat, wish_of

_LISTEN_SECONDS = 0.5
_RETRY_SECONDS = 1.0


class Keeper(Keeping):
    """Keeps the claim on a job, and hears at once when something about it is announced.

    `peak_memory` is what its supervisor saw; it goes into the heartbeats.
    """

    def __init__(self, claim: Claim) -> None:
        super().__init__(what=f"Job {claim.job_id}")
        self.peak_memory = 0
        self._claim = claim

    def keep(self) -> None:
        """This will send heartbeats, and look after wishes whenever the job is announced."""
        listener = Listener()
        beat_at = 0.0
        try:
            while not self.done.is_set() and not self.fenced_out.is_set():
                now = time.monotonic()
                if now >= beat_at:
                    beat_at = now + self._beat()
                heard = listener.wait(seconds=min(_LISTEN_SECONDS, max(0.0, beat_at - now)))
                if heard is None or self._claim.job_id in heard:
                    self.ask(partial(wish_of, claim=self._claim))
        finally:
            listener.close()

    def _beat(self) -> float:
        """Send a heartbeat and return after how many seconds the next one is due."""
        every = float(settings.HEARTBEAT_SECONDS)
        return every if self.ask(self._tell) else min(_RETRY_SECONDS, every)

    def _tell(self) -> Wish:
        size, written_ms = 0, None
        with contextlib.suppress(OSError):
            found = (self._claim.folder / JOURNAL).stat()
            size, written_ms = found.st_size, found.st_mtime_ns // 1_000_000
        seen = Seen(journal_bytes=size, journal_ms=written_ms, peak_memory=self.peak_memory or None)
        return heartbeat(claim=self._claim, seen=seen)
