"""Whether all that mtkd stands on is in order: database, tables, reaper, broker, storage."""

from __future__ import annotations

import threading
import time

from kombu.exceptions import KombuError, OperationalError

from jobs.celery import app
from jobs.queries.health import Check, database_checks
from jobs.storage.reachable import storage_answers

__all__ = ["Check", "readiness"]
_FRESH_SECONDS = 2.0
_lock = threading.Lock()
_last: tuple[float, list[Check]] | None = None


def readiness() -> list[Check]:
    """This will look at everything, or say what was found up to two seconds ago: strangers may ask often."""
    global _last  # noqa: PLW0603 - of this process
    with _lock:
        if _last is None or time.monotonic() - _last[0] > _FRESH_SECONDS:
            found = [*database_checks(), _broker(), _storage()]
            _last = time.monotonic(), found
        return _last[1]


def look_again() -> None:
    """This will make the next `readiness` look anew."""
    global _last  # noqa: PLW0603
    _last = None


def _broker() -> Check:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=2)
    except (KombuError, OperationalError, OSError):
        return Check("broker", False, "The broker does not answer: new jobs start some seconds later.")
    return Check("broker", True, "The broker answers.")


def _storage() -> Check:
    if storage_answers():
        return Check("storage", True, "The storage can be used.")
    return Check("storage", False, "The storage cannot be written to or reached.")
