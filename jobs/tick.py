"""The tick of every worker's main process: rings again for what waits, reaps what fell silent.

All workers tick, one at a time (a lock of the database decides), so no process is needed for it alone and
none can be missing.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Count, QuerySet

from jobs import stopping, storable
from jobs.attempt.workspace import sweep
from jobs.doorbell import ring, rings_waiting
from jobs.intake import folder as intake_folder
from jobs.models import Job, Registration, RegistrationState, State
from jobs.operations.leases import end_waiting, reap, reap_registrations
from jobs.operations.locks import Lock, try_to_hold

_log = logging.getLogger(__name__)
_MOST_RINGS = 8
_SWEEP_SECONDS = 3600.0


class Tick:
    """Beats every REAP_SECONDS until the process ends; outlives outages of database and broker."""

    _mine: Tick | None = None

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="tick", daemon=True)
        self._unsteady_since: float | None = None

    @classmethod
    def of_this_worker(cls) -> Tick:
        """This will give the one tick of this process."""
        if cls._mine is None:
            cls._mine = cls()
        return cls._mine

    def start(self) -> None:
        """This will begin in a thread of its own; the first beat comes at once."""
        if not self._thread.is_alive():
            self._thread.start()

    def beat(self) -> None:
        """This will do one round; an outage is noted and survived."""
        try:
            waiting = self._look()
        except (DatabaseError, InterfaceError) as error:
            _log.warning("The tick waits for the database: %s", storable.line(error))
            connection.close()
            self._unsteady_since = time.monotonic()
            return
        for queue, count in waiting.items():
            missing = min(count, _MOST_RINGS) - (rings_waiting(queue) or 0)
            for _ in range(missing):
                if not ring(queue):
                    break

    def _look(self) -> dict[str, int]:
        with transaction.atomic():
            if not try_to_hold(Lock.TICK):
                return {}
            if self._database_is_steady():
                reap()
                reap_registrations()
            end_waiting()
            jobs = Job.objects.filter(state=State.QUEUED)
            registrations = Registration.objects.filter(state=RegistrationState.QUEUED)
            return _by_queue(jobs) | _by_queue(registrations)

    def _database_is_steady(self) -> bool:
        # We could not reach it, so perhaps no holder of a lease could: they all get a whole lease to report.
        since = self._unsteady_since
        return since is None or time.monotonic() - since > settings.LEASE_SECONDS

    def _run(self) -> None:
        swept_at: float | None = None
        while not stopping.is_announced():
            began = time.monotonic()
            try:
                self.beat()
                intake_folder.sweep()
                if swept_at is None or began - swept_at > _SWEEP_SECONDS:
                    sweep()
                    swept_at = began
            except (DatabaseError, InterfaceError) as error:
                _log.warning("Old files are swept later: %s", storable.line(error))
                connection.close()
            except Exception:
                _log.exception("The tick met an unexpected error and goes on.")
            while not stopping.is_announced() and time.monotonic() - began < settings.REAP_SECONDS:
                time.sleep(0.1)
        connection.close()


def _by_queue(waiting: QuerySet[Any]) -> dict[str, int]:
    return dict(waiting.order_by().values_list("queue").annotate(count=Count("pk")))
