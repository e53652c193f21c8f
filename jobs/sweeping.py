"""What every worker clears away beside its work: old files of its host, old rows and blobs of the installation."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from jobs import identity, stopping, storable
from jobs.attempt.workspace import sweep
from jobs.beside import Beside
from jobs.intake import folder as intake_folder
from jobs.intake import predictor
from jobs.operations.beats import take_turn
from jobs.operations.deletion import remove_deleted
from jobs.operations.deliveries import sweep_deliveries
from jobs.operations.keyed_calls import forget_calls
from jobs.operations.predictions import forget_predictions
from jobs.operations.retention import sweep_database
from jobs.operations.workers import remove_forgotten_workers
from jobs.storage.hashing import StorageError

SWEEPER, REMOVER = "sweeper", "remover"
_log = logging.getLogger(__name__)
_HOUR = 3600.0


class Sweeper(Beside):
    """Sweeps in a thread of its own, however long it takes: the tick must not wait for it."""

    name = "sweeper"

    def __init__(self) -> None:
        super().__init__()
        self._hosts_turn = 0.0

    def beat(self) -> None:
        """This will clear what is due: this host's files, and, where it is this worker's turn, old rows."""
        steps: list[Callable[[], object]] = [intake_folder.sweep, predictor.sweep]
        if time.monotonic() >= self._hosts_turn:
            self._hosts_turn = time.monotonic() + _HOUR
            steps.append(sweep)
        if take_turn(name=REMOVER, by=identity.worker_name(), every=settings.REAP_SECONDS):
            steps.append(remove_deleted)  # who deletes a job may expect it to be gone soon
        if take_turn(name=SWEEPER, by=identity.worker_name(), every=_HOUR):
            steps += [
                remove_forgotten_workers,
                forget_predictions,
                forget_calls,
                sweep_deliveries,
                sweep_database,
            ]
        for step in steps:
            _try(step)

    def _run(self) -> None:
        while not stopping.is_ending():
            began = time.monotonic()
            _try(self.beat)
            while not stopping.is_ending() and time.monotonic() - began < settings.REAP_SECONDS:
                time.sleep(min(0.5, settings.REAP_SECONDS / 10))
        connection.close()


def _try(step: Callable[[], object]) -> None:
    try:
        step()
    except (DatabaseError, InterfaceError, StorageError) as error:
        _log.warning("Old files and rows are swept later: %s", storable.line(error))
        connection.close()
    except Exception:
        _log.exception("Sweeping met an unexpected error and goes on.")
        connection.close()
