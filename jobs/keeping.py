"""The thread beside a piece of work: keeps its claim, and hears what is wished of it."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connections

from jobs import storable
from jobs.engine.verdict import Wish
from jobs.logged import carried
from jobs.operations.claims import FencedOutError

_log = logging.getLogger(__name__)
_AGAIN_SECONDS = 1.0


class Keeping(ABC):
    """Holds the lease of a claim from `start` to `stop`; a database that is away is asked again and again.

    `wish` is what the database said last. `what` names the work in logs. What is asked, and when, is the
    matter of each kind (`keep`).
    """

    def __init__(self, *, what: str) -> None:
        self.fenced_out = threading.Event()
        self.wish: Wish = None
        self.done = threading.Event()
        self._what = what
        run, name = carried(self._run), f"keeper of {what.lower()}"
        self._thread = threading.Thread(target=run, name=name, daemon=True)

    def start(self) -> None:
        """This will begin; the first heartbeat is sent at once."""
        self._thread.start()

    def stop(self) -> None:
        """This will end the thread and its connections."""
        self.done.set()
        self._thread.join(timeout=10)

    @abstractmethod
    def keep(self) -> None:
        """This will `ask` in its own rhythm until `done` or `fenced_out` is set."""

    def ask(self, question: Callable[[], Wish]) -> bool:
        """This will ask the database what is wished of the work; False while it is away."""
        try:
            self.wish = question()
        except FencedOutError:
            self.fenced_out.set()
        except (DatabaseError, InterfaceError) as error:
            _log.warning("%s goes on without the database: %s", self._what, storable.line(error))
            connections.close_all()
            return False
        return True

    def _run(self) -> None:
        try:
            while not self.done.is_set() and not self.fenced_out.is_set():
                self._keep_on()
        finally:
            connections.close_all()

    def _keep_on(self) -> None:
        """Without a keeper nothing would tell its supervisor that the work was taken, or is no longer wanted."""
        try:
            self.keep()
        except Exception:
            _log.exception("%s met an unexpected error while it was kept, and is kept on.", self._what)
            connections.close_all()
            self.done.wait(_AGAIN_SECONDS)
