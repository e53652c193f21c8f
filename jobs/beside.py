"""What a worker's main process does beside its work, in one thread for each kind."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self


class Beside(ABC):
    """A thread of which a worker has one; it ends with its process."""

    name: ClassVar[str]
    _mine: ClassVar[Any] = None  # each kind has its own

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    @classmethod
    def of_this_worker(cls) -> Self:
        """This will give the one of this process."""
        if cls._mine is None:
            cls._mine = cls()
        mine: Self = cls._mine
        return mine

    def start(self) -> None:
        """This will begin in a thread of its own; the first beat comes at once."""
        if not self._thread.is_alive():
            self._thread.start()

    @abstractmethod
    def _run(self) -> None:
        """Beat until the worker ends."""
