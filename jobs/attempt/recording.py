"""The thread that turns journal and log into rows while an engine runs: a database that hangs stops nothing else."""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections

from jobs import stopping, storable
from jobs.attempt.logkeeper import LogKeeper
from jobs.attempt.recorder import LINES_AT_ONCE, Recorder
from jobs.insisting import AWAY
from jobs.logged import carried
from jobs.notify import notify
from jobs.operations.claims import Claim, FencedOutError

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.1
_AWAY_SECONDS = 1.0


class Recording:
    """Flushes a recorder at the leading edge, then at most every FLUSH_SECONDS, and tells listeners."""

    def __init__(self, claim: Claim, *, recorder: Recorder, log: LogKeeper) -> None:
        self._claim = claim
        self._recorder = recorder
        self._log = log
        self._done = threading.Event()
        self._failure: Exception | None = None
        self._next_flush = 0.0
        self._next_notice = 0.0
        self._owes_notice = False
        self._thread = threading.Thread(
            target=carried(self._run), name=f"recording of job {claim.job_id}", daemon=True
        )

    def start(self) -> None:
        """This will begin, in a thread of its own."""
        self._thread.start()

    def check(self) -> None:
        """This will raise what has ended the thread: FencedOutError, or ValueError for a line that is no event."""
        if self._failure is not None:
            raise self._failure

    def stop(self, *, fenced_out: threading.Event) -> None:
        """This will end the thread, so that the recorder is the caller's; a database that hangs is waited for."""
        began = time.monotonic()
        self._done.set()
        while self._thread.is_alive():
            if fenced_out.is_set():
                raise FencedOutError
            if stopping.is_announced() and time.monotonic() - began > settings.TERM_GRACE_SECONDS:
                raise OperationalError("The database does not answer.")
            self._thread.join(0.05)
        self.check()

    def abandon(self) -> None:
        """This will end the thread as soon as the database lets it."""
        self._done.set()

    def _run(self) -> None:
        try:
            while not self._done.wait(_LOOK_SECONDS):
                if time.monotonic() >= self._next_flush:
                    self._record()
                    self._keep_log()
        except Exception as error:
            self._failure = error
        finally:
            connections.close_all()

    def _keep_log(self) -> None:
        try:
            self._log.flush()
        except (DatabaseError, InterfaceError, OSError) as error:  # the log is no reason for anything to end
            _log.warning("Job %s: its log is kept later: %s", self._claim.job_id, storable.line(error))
            connections.close_all()
            self._next_flush = time.monotonic() + _AWAY_SECONDS

    def _record(self) -> None:
        now = time.monotonic()
        tell = now >= self._next_notice
        try:
            if self._recorder.has_more() and (lines := self._recorder.flush(tell=tell)):
                is_behind = lines >= LINES_AT_ONCE
                self._next_flush = now + (0.0 if is_behind else settings.FLUSH_SECONDS)
                self._owes_notice = not tell
            elif self._owes_notice and tell:
                notify(job_id=self._claim.job_id, is_record=True)
                self._owes_notice = False
            else:
                return
            if tell:
                self._next_notice = now + settings.NOTIFY_SECONDS
        except AWAY as error:
            _log.warning(
                "Job %s: recording waits for the database: %s", self._claim.job_id, storable.line(error)
            )
            connections.close_all()
            self._next_flush = now + _AWAY_SECONDS
