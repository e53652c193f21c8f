"""Teachers whose weights read the same: none of them leads."""

from __future__ import annotations

from collections.abc import Mapping

EVEN = 0.02  # the difference of weights that nobody would act on
SAME = 0.005  # that which two decimals do not show


def leaders(weights: Mapping[str, float]) -> list[str]:
    """This will name the teachers with the largest weight; several where theirs read the same."""
    largest = max(weights.values(), default=0.0)
    return [name for name, weight in weights.items() if largest - weight < SAME]


def are_even(weights: Mapping[str, float]) -> bool:
    """This will say whether no weight is above another one by more than anybody would act on."""
    return max(weights.values()) - min(weights.values()) < EVEN
