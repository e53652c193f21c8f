"""The database is away: how that is recognised, and told in the log once a minute instead of once a request."""

from __future__ import annotations

import logging
import threading
import time

import psycopg
from django.db import InterfaceError, OperationalError

from jobs import storable

EVERY_SECONDS = 60.0
SENTENCE = "The database does not answer at the moment; nothing is lost."
RETRY_SECONDS = 5
_PASSING = ("08", "53", "57P")
"""Classes of SQLSTATE: connection lost, no room or no connection left, server stopping or starting."""
_log = logging.getLogger(__name__)


def is_outage(error: BaseException | None) -> bool:
    """This will tell whether an error says that the database is away, and not that a query was wrong."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or str(state).startswith(_PASSING)


class _Notes:
    """What this process has told about outages, and how many refusals since."""

    lock = threading.Lock()
    told_at: float | None = None
    untold = 0


def note_outage(error: BaseException | str) -> None:
    """This will log that the database is away, unless that was logged less than a minute ago."""
    with _Notes.lock:
        now = time.monotonic()
        if _Notes.told_at is not None and now - _Notes.told_at < EVERY_SECONDS:
            _Notes.untold += 1
            return
        since, _Notes.untold, _Notes.told_at = _Notes.untold, 0, now
    words = error if isinstance(error, str) else storable.line(Exception(str(error)))
    also = f" ({since} more like this since the last line)" if since else ""
    _log.warning("The database does not answer: %s%s", words.rstrip("."), also)


def forget() -> None:
    """This will have the next outage told at once."""
    with _Notes.lock:
        _Notes.told_at, _Notes.untold = None, 0


class OncePerMinute(logging.Filter):
    """Turns what Django and the pool of connections say of an outage into one line a minute, without traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """This will let everything else pass."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if is_outage(error) or isinstance(error, psycopg.OperationalError):
            note_outage(error or "")
            return False
        if record.name == "psycopg.pool" and record.levelno >= logging.WARNING:
            note_outage(record.getMessage())
            return False
        # REST has answered, and noted, by itself.
        return getattr(record, "status_code", None) != 503
