"""Waiting for what other processes do, where each look costs them something."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
LOOK_SECONDS = 0.25
"""A look is a call or loads a page, which takes the processor from what is waited for."""


def until(condition: Callable[[], Found], *, seconds: float = 120.0, what: str = "this") -> Found:
    """This will wait for a condition and return what it gives once it holds; it fails when that takes too long."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true in time"
        time.sleep(LOOK_SECONDS)
    return found
