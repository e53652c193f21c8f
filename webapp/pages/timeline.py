"""Windows as bars along their video, for lists and for the page of one sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One window: seconds, and percent of the video's length."""

    start: float
    end: float
    left: float
    width: float

    def __str__(self) -> str:
        return f"{self.start:.1f}–{self.end:.1f} s"


@dataclass(frozen=True, kw_only=True)
class Line:
    """All windows of a sentence."""

    bars: list[Bar]
    duration: float

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.bars))} of {self.duration:.1f} s"


def line_of(windows: Iterable[Iterable[float]], duration: float) -> Line:
    """This will place windows (start and end in seconds) on a line as long as the video."""
    length = max(float(duration), 1e-9)
    bars = []
    for start, end in windows:
        left = min(100.0, max(0.0, 100 * start / length))
        width = min(100.0 - left, max(0.0, 100 * (end - start) / length))
        bars.append(Bar(start=start, end=end, left=left, width=width))
    return Line(bars=bars, duration=duration)
