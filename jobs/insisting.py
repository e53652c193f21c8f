"""Asking the database until it answers: the work of hours is not thrown away because it was away for a minute."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from jobs import stopping, storable
from jobs.operations.claims import FencedOutError

AWAY = (OperationalError, InterfaceError)
_log = logging.getLogger(__name__)
_LONGEST_RETRY = 2.0
T = TypeVar("T")


def insist(action: Callable[[], T], *, what: str, fenced_out: threading.Event) -> T:
    """This will try until the database answers; the fence ends the wait of one whose work was taken meanwhile."""
    wait, began = 0.1, time.monotonic()
    while True:
        try:
            return action()
        except AWAY as error:
            _log.warning("%s waits for the database: %s", what, storable.line(error))
            connection.close()
            if fenced_out.is_set():
                raise FencedOutError from error
            if stopping.is_announced() and time.monotonic() - began > settings.TERM_GRACE_SECONDS:
                raise
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_RETRY)
