"""Work that may take long, beside a thread that must not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")
_LOOK_SECONDS = 0.05


class Aside(Generic[T]):
    """Does something in a thread of its own, with database connections of its own."""

    def __init__(self, action: Callable[[], T], *, name: str) -> None:
        """This will begin at once."""
        self._action = action
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def is_done(self) -> bool:
        """This will wait for a moment and tell whether it is done."""
        self._thread.join(_LOOK_SECONDS)
        return not self._thread.is_alive()

    def result(self) -> T:
        """This will give what was done, or raise what went wrong; ask when it is done."""
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self._action())
        except BaseException as error:
            self._error = error
        finally:
            connections.close_all()
