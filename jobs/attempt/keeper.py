"""The thread that keeps a claim while its supervisor records: heartbeats, and an ear for cancellation."""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from jobs import storable
from jobs.notify import Listener
from jobs.operations.claims import Claim, FencedOutError, cancel_is_wanted, heartbeat

_log = logging.getLogger(__name__)
_LISTEN_SECONDS = 0.2
_RETRY_SECONDS = 1.0


class Keeper:
    """Holds the lease of a claim from `start` to `stop`; a database that is away is asked again and again."""

    def __init__(self, claim: Claim) -> None:
        self.fenced_out = threading.Event()
        self.cancel = threading.Event()
        self._claim = claim
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"keeper-{claim.job_id}", daemon=True)

    def start(self) -> None:
        """This will begin; the first heartbeat is sent at once."""
        self._thread.start()

    def stop(self) -> None:
        """This will end the thread and its connections."""
        self._done.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        listener = Listener()
        beat_at = 0.0
        try:
            while not self._done.is_set() and not self.fenced_out.is_set():
                now = time.monotonic()
                if now >= beat_at:
                    beat_at = now + (settings.HEARTBEAT_SECONDS if self._ask(beat=True) else self._retry())
                heard = listener.wait(seconds=min(_LISTEN_SECONDS, max(0.0, beat_at - now)))
                if heard is None or self._claim.job_id in heard:
                    self._ask(beat=False)
        finally:
            listener.close()
            connections.close_all()

    def _ask(self, *, beat: bool) -> bool:
        try:
            wanted = heartbeat(claim=self._claim) if beat else cancel_is_wanted(claim=self._claim)
        except FencedOutError:
            self.fenced_out.set()
        except (DatabaseError, InterfaceError) as error:
            _log.warning("Job %s goes on without the database: %s", self._claim.job_id, storable.line(error))
            connections.close_all()
            return False
        else:
            if wanted:
                self.cancel.set()
        return True

    def _retry(self) -> float:
        return min(_RETRY_SECONDS, float(settings.HEARTBEAT_SECONDS))
