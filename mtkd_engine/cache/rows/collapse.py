"""When several teachers may become one row: their weights never change, and nothing asks for a single one.

KL(P || q) is linear in P up to a constant, so the weighted sum of divergences from K teachers at one temperature has
the same gradient as the divergence from their weighted mean: one row of the mean, softened at that temperature,
teaches what K rows do. What is lost: which teacher said what in training, and the constant, which is in the value of
the loss `space: loss` would report and in no gradient; the row is in half precision, as theirs were.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mtkd_engine.spec import AverageSpec, BestSingleSpec, MultiTeacherSpec


def fixed_weights(
    method: MultiTeacherSpec, *, teachers: int, quality: Sequence[float] | None = None
) -> tuple[float, ...] | None:
    """This will give the weights that a method keeps from its first step to its last, None where it changes them.

    `quality` tells how good each teacher is on held-out samples, for a method that chooses the best, the first of
    equals; without it that one has no weights yet. Static weights are the same for all samples, but learned while the
    student trains.
    """
    if method.signals != "cached" or method.features:
        return None
    match method.aggregator:
        case BestSingleSpec() if quality is not None:
            best = max(range(teachers), key=lambda place: quality[place])
            return tuple(float(place == best) for place in range(teachers))
        case AverageSpec() if method.inner.kind == "kd":
            return (1.0 / teachers,) * teachers
    return None


def space_of(method: MultiTeacherSpec) -> Literal["probability", "logit"]:
    """This will tell where a method averages, as far as it makes another row."""
    aggregator = method.aggregator
    return "logit" if isinstance(aggregator, AverageSpec) and aggregator.space == "logit" else "probability"
