"""Waiting for a storage that is away: the work of hours is not thrown away because of minutes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings

from jobs import storable
from jobs.attempt.aside import Aside
from jobs.engine.verdict import Wish
from jobs.operations.claims import FencedOutError
from jobs.storage.hashing import StorageAwayError

_log = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0
T = TypeVar("T")


def beside(
    action: Callable[[], T],
    *,
    what: str,
    fenced_out: threading.Event,
    wish: Callable[[], Wish],
    grace: float = 0.0,
) -> T | None:
    """This will do something in a thread of its own, again and again while the storage is away; None on a wish.

    A wish waits `grace` seconds for what is nearly done, but not for a storage that is away. Raises FencedOutError,
    StorageAwayError when the storage is away for longer than STORAGE_SECONDS, and whatever else went wrong.
    """
    began = time.monotonic()
    patience = _Patience(what)
    work = Aside(lambda: patience.ask(action), name=what)
    try:
        while not work.is_done():
            if fenced_out.is_set():
                raise FencedOutError
            is_late = time.monotonic() - began >= grace
            if (is_late or patience.is_needed.is_set()) and wish() is not None:
                return None
    finally:
        patience.over.set()
    return work.result()


class _Patience:
    def __init__(self, what: str) -> None:
        self.is_needed, self.over = threading.Event(), threading.Event()
        self._what = what

    def ask(self, action: Callable[[], T]) -> T:
        until = time.monotonic() + settings.STORAGE_SECONDS
        wait = _FIRST_WAIT
        while True:
            try:
                return action()
            except StorageAwayError as error:
                if self.over.is_set() or time.monotonic() >= until:
                    raise
                _log.warning("%s waits for the storage: %s", self._what, storable.line(error))
            self.is_needed.set()
            self.over.wait(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
