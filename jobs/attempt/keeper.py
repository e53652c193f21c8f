"""The thread that keeps a claim while its supervisor records: heartbeats, and an ear for cancellation."""

from __future__ import annotations

import time
from functools import partial

from django.conf import settings

from jobs.keeping import Keeping
from jobs.notify import Listener
from jobs.operations.claims import Claim, cancel_is_wanted, heartbeat

_LISTEN_SECONDS = 0.2
_RETRY_SECONDS = 1.0


class Keeper(Keeping):
    """Keeps the claim on a job, and hears at once when something about it is announced."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(what=f"Job {claim.job_id}")
        self._claim = claim

    def keep(self) -> None:
        """This will send heartbeats, and look after a cancellation whenever the job is announced."""
        listener = Listener()
        beat_at = 0.0
        try:
            while not self.done.is_set() and not self.fenced_out.is_set():
                now = time.monotonic()
                if now >= beat_at:
                    beat_at = now + self._beat()
                heard = listener.wait(seconds=min(_LISTEN_SECONDS, max(0.0, beat_at - now)))
                if heard is None or self._claim.job_id in heard:
                    self.ask(partial(cancel_is_wanted, claim=self._claim))
        finally:
            listener.close()

    def _beat(self) -> float:
        """Send a heartbeat and return after how many seconds the next one is due."""
        every = float(settings.HEARTBEAT_SECONDS)
        return every if self.ask(partial(heartbeat, claim=self._claim)) else min(_RETRY_SECONDS, every)
