"""The thread that keeps a claim on a registration: heartbeats, progress, and an ear for cancellation."""

from __future__ import annotations

import time
from functools import partial

from django.conf import settings

from jobs.engine.verdict import Wish
from jobs.keeping import Keeping
from jobs.operations.intake_claims import IntakeClaim, Stand, beat, cancel_is_wanted

_LOOK_SECONDS = 0.5


class IntakeKeeper(Keeping):
    """Keeps the claim on a registration, and writes down how far the work is."""

    def __init__(self, claim: IntakeClaim) -> None:
        super().__init__(what=f"Registration {claim.registration_id}")
        self.stand = Stand()
        self._claim = claim

    def keep(self) -> None:
        """This will send heartbeats with the stand of the work, sooner when that has changed."""
        beat_at, told = 0.0, Stand()
        pause = min(_LOOK_SECONDS, settings.HEARTBEAT_SECONDS / 2)
        while not self.fenced_out.is_set():
            stand, now = self.stand, time.monotonic()
            if now < beat_at and stand == told:
                self.ask(self._look)
            elif self.ask(partial(self._beat, stand)):
                beat_at, told = now + settings.HEARTBEAT_SECONDS, stand
            if self.done.wait(pause):
                break

    def _look(self) -> Wish:
        return "cancel" if cancel_is_wanted(claim=self._claim) else None

    def _beat(self, stand: Stand) -> Wish:
        return "cancel" if beat(claim=self._claim, stand=stand) else None
