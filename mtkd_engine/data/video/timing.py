"""When the frames of a video are shown, and the one rate at which they are kept.

A compressed-domain net reads motion from one frame to the next, which is a speed only where all frames are equally far
apart; so a variable rate is resampled by time. The rate is then the usual one, that of the middle interval between two
frames, since this is how fast most of the motion was taken. Where pauses would fill more than `_MOST_REPEATS` times
as many frames as there were, it is that many times the mean rate: a pause in a small file must not make a large one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.limits import HIGHEST_RATE, LOWEST_RATE, Bounds

_MOST_REPEATS = 4
_LARGEST_DENOMINATOR = 65_535
"""MPEG-4 counts its time in such parts of a second at most."""
_USUAL_RATE = Fraction(25)
_LEAST_DIFFERENT = 0.9
"""Of the times; where more are the same, they say nothing."""


@dataclass(frozen=True)
class Timing:
    """Frames are shown at `rate` a second; times are counted in units of `base` seconds from `start` on."""

    rate: Fraction
    base: Fraction
    start: int
    is_variable: bool = False
    is_guessed: bool = False
    """Whether there were no times, so that frames count one after the other."""

    def slot(self, time: int | None) -> int | None:
        """This will give which frame of the even rate is nearest to a time; None where times say nothing."""
        if time is None or self.is_guessed:
            return None
        return _slot(time - self.start, base=self.base, rate=self.rate)


def timing_of(
    times: Sequence[int | None], *, base: Fraction, stated: Fraction | None, bounds: Bounds
) -> Timing:
    """This will find the rate of frames shown at `times`, in any order; raises VideoError for absurd ones.

    `stated` is what the file says its rate is, and is believed where the times agree.
    """
    known = sorted({time for time in times if time is not None})
    usable = stated if stated is not None and LOWEST_RATE <= stated <= HIGHEST_RATE else None
    if len(known) < 2 or None in times or len(known) < _LEAST_DIFFERENT * len(times):
        rate = codable(usable or _USUAL_RATE)
        return Timing(rate, base, known[0] if known else 0, is_guessed=True)
    span = (known[-1] - known[0]) * base
    if span > bounds.seconds:
        raise VideoError(
            "too_long", f"is {float(span):,.0f} s long; up to {bounds.seconds:,.0f} s are accepted."
        )
    mean = (len(known) - 1) / span
    middle = 1 / (_middle([after - before for before, after in pairwise(known)]) * base)
    if mean > HIGHEST_RATE:
        said = f"shows {float(mean):,.0f} frames a second; up to {HIGHEST_RATE:,} are accepted."
        raise VideoError("absurd_times", said)
    if mean < LOWEST_RATE:
        said = f"shows a frame every {float(1 / mean):,.0f} s; up to {1 / LOWEST_RATE} s apart are accepted."
        raise VideoError("absurd_times", said)
    for rate in (codable(usable or middle), codable(middle), codable(mean)):
        if _is_even(known, base=base, rate=rate):
            return Timing(rate, base, known[0])
    usual = min(middle, _MOST_REPEATS * mean, Fraction(HIGHEST_RATE))
    return Timing(codable(usual), base, known[0], is_variable=True)


def codable(rate: Fraction) -> Fraction:
    """This will give the nearest rate that MPEG-4 can state."""
    if rate.numerator <= _LARGEST_DENOMINATOR and rate.denominator <= _LARGEST_DENOMINATOR:
        return rate
    return rate.limit_denominator(min(_LARGEST_DENOMINATOR, int(_LARGEST_DENOMINATOR / rate)) - 1)


def _is_even(times: Sequence[int], *, base: Fraction, rate: Fraction) -> bool:
    """Whether the frames are shown one by one at a rate, none further from its place than half an interval."""
    return all(_slot(time - times[0], base=base, rate=rate) == number for number, time in enumerate(times))


def _slot(passed: int, *, base: Fraction, rate: Fraction) -> int:
    above = passed * base.numerator * rate.numerator
    below = base.denominator * rate.denominator
    return (2 * above + below) // (2 * below)


def _middle(intervals: Sequence[int]) -> int:
    return sorted(intervals)[len(intervals) // 2]
