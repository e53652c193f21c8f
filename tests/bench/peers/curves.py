"""The curve that every system stores: noise around a falling line, and one spike that a chart must not hide.

Imported by the benchmark and by the programs that run inside a peer's environment; needs numpy alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SPIKE = 98_765.4321
METRIC = "loss"
MANY = 8


def values(points: int, *, seed: int) -> npt.NDArray[np.float64]:
    """This will make the values of steps 0, 1, 2 ...; the spike stands at an odd place in the second half."""
    draw = np.random.default_rng(seed)
    made = 2.0 / np.sqrt(1 + np.arange(points) / 100) + draw.normal(scale=0.05, size=points)
    made[spike_at(points)] = SPIKE
    return made


def spike_at(points: int) -> int:
    """This will give the step of the spike."""
    return (points * 7 // 11) | 1


def table(steps: int, *, seed: int) -> npt.NDArray[np.float64]:
    """This will make the values of 8 metrics, a row for each step, for what measures writing."""
    draw = np.random.default_rng(seed)
    falling = 2.0 / np.sqrt(1 + np.arange(steps)[:, None] / 100)
    return falling + draw.normal(scale=0.05, size=(steps, MANY))


def names() -> list[str]:
    """This will name those 8 metrics."""
    return [f"loss/{number}" for number in range(MANY)]
