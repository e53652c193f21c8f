"""The tick of every worker's main process: says that the worker is there, reaps what fell silent, rings again.

It also ends what still works on this host for a supervisor that is gone.

All workers tick, one at a time (a lock of the database decides), so no process is needed for it alone and
none can be missing.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Count, QuerySet

from jobs import identity, stopping, storable
from jobs.attempt.workspace import end_strays
from jobs.beside import Beside
from jobs.doorbell import ring, rings_waiting
from jobs.models import Job, Prediction, PredictionState, Registration, RegistrationState, State
from jobs.operations.beats import note_beat
from jobs.operations.deadlines import end_overdue
from jobs.operations.errors import UnableToServe
from jobs.operations.intake_claims import QUEUE as INTAKE
from jobs.operations.leases import end_waiting, reap, reap_registrations
from jobs.operations.locks import Lock, try_to_hold
from jobs.operations.prediction_claims import reap_predictions
from jobs.operations.workers import worker_beat, worker_stopped
from jobs.queries.workers import seats

REAPER = "reaper"
_log = logging.getLogger(__name__)
_MOST_RINGS = 8
_LEAST_LOOK_SECONDS = 1.0  # it reads a line of every process of this host
_LONGEST_STATEMENT = "30s"


class Tick(Beside):
    """Beats until the worker has ended; outlives outages of database and broker."""

    name = "tick"

    def __init__(self) -> None:
        super().__init__()
        self._ended = threading.Event()
        self._unsteady_since: float | None = None

    def end(self) -> None:
        """This will end the thread and write down that the worker has stopped."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        try:
            worker_stopped(identity=identity.of_this_process())
        except (DatabaseError, InterfaceError) as error:
            _log.warning("The database is away and hears nothing of the stop: %s", storable.line(error))
        finally:
            connection.close()

    def present(self) -> None:
        """This will write down that the worker is there, and learn whether it shall take nothing new."""
        try:
            row = worker_beat(identity=identity.of_this_process())
        except UnableToServe as error:
            _log.error("This worker ends, because another one has its place. %s", error.message)
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            stopping.drain(row.drain_requested_at is not None, now=row.drain_now)

    def beat(self) -> None:
        """This will do one round of the tick; an outage is noted and survived."""
        try:
            waiting = self._look()
        except (DatabaseError, InterfaceError) as error:
            _log.warning("The tick waits for the database: %s", storable.line(error))
            connection.close()
            self._unsteady_since = time.monotonic()
            return
        for queue, wanted in waiting.items():
            there = rings_waiting(queue)
            if there is None:  # every further question would take its time, too
                return
            for _ in range(wanted - there):
                if not ring(queue):
                    return

    def _look(self) -> dict[str, int]:
        with transaction.atomic():
            _bound_statements()
            if not try_to_hold(Lock.TICK):
                return {}
            if self._database_is_steady():
                reap()
                reap_registrations()
                reap_predictions()
            note_beat(name=REAPER, by=identity.worker_name())
            for step in (end_overdue, end_waiting):
                _try(step)
            jobs = Job.objects.filter(state=State.QUEUED, deleted_at=None)
            registrations = Registration.objects.filter(state=RegistrationState.QUEUED)
            counts = _by_queue(jobs) | _by_queue(registrations)
            if asked := Prediction.objects.filter(state=PredictionState.QUEUED).count():
                counts[INTAKE] = counts.get(INTAKE, 0) + asked
            return {queue: min(count, max(1, seats(queue)), _MOST_RINGS) for queue, count in counts.items()}

    def _database_is_steady(self) -> bool:
        # We could not reach it, so perhaps no holder of a lease could: they all get a whole lease to report.
        since = self._unsteady_since
        return since is None or time.monotonic() - since > settings.LEASE_SECONDS

    def _run(self) -> None:
        present_at = beat_at = look_at = time.monotonic()
        while not self._ended.is_set():
            now = time.monotonic()
            if now >= present_at:
                present_at = now + settings.WORKER_BEAT_SECONDS
                _survive(self.present)
            if now >= beat_at and not stopping.is_ending():
                beat_at = now + settings.REAP_SECONDS
                _survive(self.beat)
            if now >= look_at:
                look_at = now + max(settings.REAP_SECONDS, _LEAST_LOOK_SECONDS)
                _survive(end_strays)
            self._ended.wait(min(0.5, settings.REAP_SECONDS / 10))
        connection.close()


def _try(step: Callable[[], object]) -> None:
    """What fails here must not keep the reaper from its work."""
    try:
        with transaction.atomic():
            step()
    except (InterfaceError, OperationalError):
        raise
    except Exception:
        _log.exception("A step of the tick met an unexpected error; the others go on.")


def _survive(step: Callable[[], object]) -> None:
    try:
        step()
    except (DatabaseError, InterfaceError) as error:
        _log.warning("The worker goes on without the database: %s", storable.line(error))
        connection.close()
    except Exception:
        _log.exception("The tick met an unexpected error and goes on.")
        connection.close()


def _bound_statements() -> None:
    with connection.cursor() as cursor:
        for name in ("statement_timeout", "lock_timeout"):
            cursor.execute("SELECT set_config(%s, %s, true)", [name, _LONGEST_STATEMENT])


def _by_queue(waiting: QuerySet[Any]) -> dict[str, int]:
    return dict(waiting.order_by().values_list("queue").annotate(count=Count("pk")))
