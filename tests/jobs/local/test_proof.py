from __future__ import annotations

import pytest

from jobs.local.foreground import Proof

RUNS = "The reaper runs: jobs of workers that fall silent go back to their queue."


def told(ages: dict[float, float | None], late: float = 30.0) -> list[tuple[float, str]]:
    """What is said at which second, when the age is that of the last second before in `ages`."""
    now = [0.0]
    proof = Proof(age=lambda: ages[max(second for second in ages if second <= now[0])], late=late)
    said = []
    for tenth in range(600):
        now[0] = tenth / 10
        if news := proof.news(now[0]):
            said.append((now[0], news))
    return said


def test_the_first_beat_after_the_start_is_told_once() -> None:
    ((second, sentence),) = told({0: None, 4: 0.1})
    assert (second, sentence) == (4, RUNS)


def test_a_beat_of_an_earlier_run_is_no_proof() -> None:
    ((second, sentence),) = told({0: 5.0, 1: 6.0, 3: 0.5})
    assert (second, sentence) == (3, RUNS)


@pytest.mark.parametrize("age", [None, 1000.0])
def test_silence_is_warned_of_once_and_its_end_is_told(age: float | None) -> None:
    (late, warning), (seen, sentence) = told({0: age, 50: 1.0})
    assert 30 < late < 32
    assert "Warning: the reaper has not run within 30 s" in warning
    assert (seen, sentence) == (50, RUNS)
