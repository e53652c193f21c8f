"""Sides that are timed in turns, one epoch each, and what is said of them: ratios within a turn."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.bench.courses import Lap, ordinary


@dataclass(frozen=True)
class Ratio:
    """Of two sides, turn by turn."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, above: Sequence[float], below: Sequence[float]) -> Ratio:
        """This will divide what was measured in the same turns."""
        each = [one / other for one, other in zip(above, below, strict=True)]
        return cls(statistics.median(each), min(each), max(each))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass
class Turns:
    """The epochs of every side."""

    laps: dict[str, list[Lap]] = field(default_factory=dict)

    def take(self, sides: Mapping[str, Callable[[], Lap]], *, turns: int) -> None:
        """This will let the sides train in turns."""
        for _ in range(turns):
            for name, epoch in sides.items():
                self.laps.setdefault(name, []).append(epoch())

    def steps(self, name: str) -> list[float]:
        """This will give the median step of each turn, in seconds."""
        return [statistics.median(ordinary([lap])) for lap in self.laps[name]]

    def epochs(self, name: str) -> list[float]:
        """This will give the epoch of each turn, in seconds."""
        return [lap.seconds for lap in self.laps[name]]
