"""Where a function of one number is least."""

from __future__ import annotations

import math
from collections.abc import Callable

_ROUNDS = 40
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


def golden_section(function: Callable[[float], float], low: float, high: float) -> float:
    """This will find the minimum of a function with one valley between `low` and `high` (Kiefer 1953, 40 rounds)."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(_ROUNDS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2.0
