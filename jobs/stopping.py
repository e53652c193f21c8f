"""Bits that a worker shares with its forked children: end, take nothing new, hand back what is at work."""

from __future__ import annotations

import mmap
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

# Anonymous shared memory made before the fork: each process sees what the other writes.
_shared = mmap.mmap(-1, 3)
_STOP, _DRAIN, _HAND_BACK = 0, 1, 2


class _Process:
    parent: int | None = None
    asked = False


def announce() -> None:
    """This will tell this process and all its children that the worker stops."""
    _shared[_STOP] = 1


def drain(wanted: bool, *, now: bool = False) -> None:
    """This will tell the whole worker whether it shall take nothing new, and `now` hand back what it has."""
    _shared[_DRAIN], _shared[_HAND_BACK] = int(wanted), int(wanted and now)


def is_draining() -> bool:
    """This will tell whether the worker shall take nothing new for now."""
    return bool(_shared[_DRAIN])


def follow_parent() -> None:
    """This will make this forked child stop when its parent has ended."""
    _Process.parent = os.getppid()


@contextmanager
def sigterm_announces() -> Iterator[None]:
    """This will take SIGTERM as an announcement to this process alone for the length of the block."""
    _Process.asked = False

    def take_notice(*_: object) -> None:
        _Process.asked = True

    before = signal.signal(signal.SIGTERM, take_notice)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def is_ending() -> bool:
    """This will tell whether this process shall come to its end."""
    orphaned = _Process.parent is not None and os.getppid() != _Process.parent
    return bool(_shared[_STOP]) or _Process.asked or orphaned


def is_announced() -> bool:
    """This will tell whether this process shall hand back its work and take no more."""
    return is_ending() or bool(_shared[_HAND_BACK])
