"""Rates of frames: believed, measured, resampled or refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.limits import Bounds
from mtkd_engine.data.video.timing import Timing, codable, timing_of

MILLISECONDS = Fraction(1, 1000)


def timed(
    times: list[int | None], *, base: Fraction = MILLISECONDS, stated: Fraction | None = None
) -> Timing:
    return timing_of(times, base=base, stated=stated, bounds=Bounds(seconds=100))


def test_a_stated_rate_is_kept_to_the_fraction() -> None:
    rate = Fraction(30_000, 1001)
    found = timed([round(number * 1000 / rate) for number in range(200)], stated=rate)
    assert found == Timing(rate, MILLISECONDS, 0)


def test_times_out_of_order_are_those_of_frames_that_look_ahead() -> None:
    assert timed([0, 120, 40, 80, 240, 160, 200], stated=Fraction(25)).rate == 25


def test_a_wrong_statement_gives_way_to_the_times() -> None:
    found = timed([40 * number for number in range(50)], stated=Fraction(90))
    assert found.rate == 25
    assert not found.is_variable


def test_small_jitter_is_no_variable_rate() -> None:
    times: list[int | None] = [40 * number + (7 if number % 3 else -9) for number in range(1, 50)]
    assert not timed(times, stated=Fraction(25)).is_variable


def test_a_variable_rate_becomes_that_of_the_middle_interval() -> None:
    times: list[int | None] = [*range(0, 400, 40), *range(600, 1000, 40)]
    found = timed(times, stated=Fraction(19))
    assert found.rate == 25
    assert found.is_variable
    assert [found.slot(time) for time in times] == [*range(10), *range(15, 25)]


def test_a_long_pause_makes_no_long_stream() -> None:
    times: list[int | None] = [*range(0, 400, 40), *range(90_000, 90_400, 40)]
    found = timed(times)
    assert found.is_variable
    last = found.slot(90_360)
    assert last is not None
    assert last <= 4 * len(times)


@pytest.mark.parametrize("times", [[None] * 9, [0, None, 80], [5] * 9, [0, 0, 0, 0, 40, 40], [7], []])
def test_times_that_say_nothing_leave_frames_evenly_spaced(times: list[int | None]) -> None:
    found = timed(times, stated=Fraction(12))
    assert found.rate == 12
    assert found.is_guessed
    assert found.slot(40) is None


def test_without_any_rate_25_are_taken() -> None:
    assert timed([None, None]).rate == 25
    assert timed([None, None], stated=Fraction(90_000)).rate == 25


def test_what_is_too_long_or_too_fast_is_refused() -> None:
    with pytest.raises(VideoError, match="is 101 s long; up to 100 s are accepted"):
        timed([0, 101_000])
    with pytest.raises(VideoError, match="shows 90,000 frames a second; up to 1,000 are accepted"):
        timed(list(range(50)), base=Fraction(1, 90_000))
    with pytest.raises(VideoError, match="shows a frame every 500 s; up to 100 s apart are accepted"):
        timing_of([0, 500], base=Fraction(1), stated=None, bounds=Bounds())


def test_a_time_in_the_middle_between_two_slots_goes_to_the_later_one() -> None:
    even = Timing(Fraction(25), MILLISECONDS, 100)
    assert [even.slot(time) for time in (100, 119, 120, 140, 161)] == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    "rate", ["25", "30000/1001", "120000/1001", "240000/1001", "999999/1000", "1/60", "1001/100003"]
)
def test_every_rate_is_brought_to_one_that_mpeg4_can_state(rate: str) -> None:
    found = codable(Fraction(rate))
    assert max(found.numerator, found.denominator) <= 65_535
    assert float(found) == pytest.approx(float(Fraction(rate)), rel=1e-4)
