from __future__ import annotations

import pytest

from jobs.engine.verdict import Verdict, Wish, judge
from mtkd_engine.events import Event, Failed, Finished, Stopped

DONE = Finished(step=9, metrics={}, baselines={})
NAN = Failed(cause="nan", message="The loss is NaN.")


@pytest.mark.parametrize(
    ("exit_code", "last_word", "wish", "ending", "cause"),
    [
        (0, DONE, None, "succeeded", ""),
        (0, DONE, "cancel", "succeeded", ""),
        (-15, DONE, "hand_back", "succeeded", ""),
        (0, None, None, "failed", "crashed"),
        (3, NAN, None, "failed", "nan"),
        (3, NAN, "hand_back", "failed", "nan"),
        (4, Stopped(step=3), "cancel", "cancelled", ""),
        (4, Stopped(step=3), "hand_back", "handed_back", ""),
        (4, Stopped(step=3), None, "handed_back", ""),
        (-9, None, "cancel", "cancelled", ""),
        (-15, None, "hand_back", "handed_back", ""),
        (-9, None, None, "lost", "lost"),
        (5, None, None, "lost", "lost"),
        (-11, None, None, "lost", "lost"),
        (2, None, None, "failed", "input"),
        (4, Stopped(step=3), "pause", "paused", ""),
        (4, Stopped(step=3), "deadline", "overdue", "deadline"),
        (0, DONE, "pause", "succeeded", ""),
        (0, DONE, "deadline", "succeeded", ""),
        (74, None, None, "paused", "disk"),
        (74, None, "hand_back", "paused", "disk"),
        (74, None, "pause", "paused", "disk"),
        (74, None, "cancel", "cancelled", ""),
        (1, None, None, "failed", "crashed"),
    ],
)
def test_exit_code_last_word_and_wish_decide_together(
    exit_code: int, last_word: Event | None, wish: Wish, ending: str, cause: str
) -> None:
    verdict = judge(exit_code=exit_code, last_word=last_word, wish=wish, log="a\nlast line")
    assert (verdict.ending, verdict.cause) == (ending, cause)


def test_a_refusal_without_an_event_is_told_by_the_last_line_of_the_log() -> None:
    assert judge(exit_code=2, last_word=None, wish=None, log="a\nlast line").sentence == "last line"


def test_the_signal_that_ended_an_engine_is_named() -> None:
    assert "SIGSEGV" in judge(exit_code=-11, last_word=None, wish=None, log="").sentence


def test_why_a_supervisor_killed_its_engine_is_told_unless_something_was_wished() -> None:
    loss = Verdict("lost", "out_of_memory", "the engine ran out of memory.")
    verdict = judge(exit_code=-9, last_word=None, wish=None, log="a line", loss=loss)
    assert (verdict.ending, verdict.cause) == ("lost", "out_of_memory")
    assert verdict.sentence.startswith("the engine ran out of memory.")
    assert verdict.sentence.endswith("a line")
    assert judge(exit_code=-9, last_word=None, wish="cancel", log="", loss=loss).ending == "cancelled"
    assert judge(exit_code=0, last_word=DONE, wish=None, log="", loss=loss).ending == "succeeded"
