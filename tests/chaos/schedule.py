"""Which faults a seed draws, and when they strike: the same seed is the same schedule."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.faults import FAULTS, Fault, named

MOST_FAULTS = 3
_CONTRADICTORY = {"kicked_five_times", "never_kicked"}  # of one job, neither could be seen
MOST_LOSSES = 2  # a third lost attempt ends a job by design


@dataclass(frozen=True)
class Stroke:
    """A fault and when it strikes: as soon as so great a part of the steps is recorded, below 0 before the job."""

    at: float
    fault: Fault


def draw_schedule(seed: int, *, only: Sequence[str] = (), possible: Sequence[str] = ()) -> list[Stroke]:
    """This will draw 1 to 3 faults of different kinds, or those that are named, at random moments."""
    draw = random.Random(seed)
    if only:
        kinds = list(only)
    else:
        kinds = []
        wanted = draw.randint(1, MOST_FAULTS)
        for kind in draw.sample(sorted(set(possible) or set(FAULTS)), len(set(possible) or FAULTS)):
            losses = sum(named(one).losses for one in [*kinds, kind])
            if losses <= MOST_LOSSES and len(kinds) < wanted and not {*kinds, kind} >= _CONTRADICTORY:
                kinds.append(kind)
    strokes = []
    for kind in kinds:
        fault = named(kind)(random.Random(draw.random()))
        strokes.append(Stroke(at=-1.0 if fault.strikes_first else draw.uniform(0.02, 0.8), fault=fault))
    return sorted(strokes, key=lambda stroke: stroke.at)


def in_words(strokes: Sequence[Stroke]) -> str:
    """This will say a schedule in one line."""
    return ", ".join(
        f"{stroke.fault.kind}{stroke.fault.details} " + (f"at {stroke.at:.0%}" if stroke.at >= 0 else "first")
        for stroke in strokes
    )
