"""A wish to stop, from a signal into the loop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import GEN_RUNNING, getgeneratorstate
from types import FrameType

from mtkd_engine.events import Event

Loop = Generator[Event, None, None]


class Leaving(GeneratorExit):
    """Closes the loop in the middle of work of which nothing is lost but what was being made."""


@dataclass
class StopFlag:
    """Raised by SIGTERM or SIGINT. Read between steps; where leaving is free, thrown into the loop at once."""

    wanted: bool = False
    free: bool = False
    _loop: Loop | None = None
    _first: Callable[[], None] | None = None

    def heed(self, loop: Loop, *, first: Callable[[], None]) -> None:
        """This will let a signal close `loop` whenever it works while leaving is free, after doing `first`."""
        self._loop, self._first, self.free = loop, first, True

    def give(self) -> None:
        """This will wish for a stop; raises Leaving in the midst of work that may be left."""
        self.wanted = True
        # What the loop has said already belongs to its reader: only inside of it something may be given up.
        if self.free and self._loop is not None and getgeneratorstate(self._loop) == GEN_RUNNING:
            self.free = False
            if self._first is not None:
                self._first()
            raise Leaving


@contextmanager
def stop_on_signal() -> Iterator[StopFlag]:
    """This will turn SIGTERM and SIGINT into a wish to stop while the block runs."""
    flag = StopFlag()

    def give(_number: int, _frame: FrameType | None) -> None:
        flag.give()

    previous = {number: signal.signal(number, give) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield flag
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
