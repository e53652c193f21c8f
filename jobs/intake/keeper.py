"""The thread that keeps a claim on a registration: heartbeats, progress, and an ear for cancellation."""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from jobs import storable
from jobs.operations.claims import FencedOutError
from jobs.operations.intake_claims import IntakeClaim, Stand, beat, cancel_is_wanted

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.5


class IntakeKeeper:
    """Holds the lease of a claim from `start` to `stop`, and writes down how far the work is.

    A database that is away is asked again and again.
    """

    def __init__(self, claim: IntakeClaim) -> None:
        self.fenced_out = threading.Event()
        self.cancel = threading.Event()
        self.stand = Stand()
        self._claim = claim
        self._done = threading.Event()
        name = f"keeper-of-registration-{claim.registration_id}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """This will begin; the first heartbeat is sent at once."""
        self._thread.start()

    def stop(self) -> None:
        """This will end the thread and its connections."""
        self._done.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        beat_at, told = 0.0, Stand()
        pause = min(_LOOK_SECONDS, settings.HEARTBEAT_SECONDS / 2)
        try:
            while not self.fenced_out.is_set():
                stand, now = self.stand, time.monotonic()
                due = now >= beat_at or stand != told
                if self._ask(stand if due else None) and due:
                    beat_at, told = now + settings.HEARTBEAT_SECONDS, stand
                if self._done.wait(pause):
                    break
        finally:
            connections.close_all()

    def _ask(self, stand: Stand | None) -> bool:
        try:
            wanted = (
                cancel_is_wanted(claim=self._claim) if stand is None else beat(claim=self._claim, stand=stand)
            )
        except FencedOutError:
            self.fenced_out.set()
        except (DatabaseError, InterfaceError) as error:
            number = self._claim.registration_id
            _log.warning("Registration %s goes on without the database: %s", number, storable.line(error))
            connections.close_all()
            return False
        else:
            if wanted:
                self.cancel.set()
        return True
