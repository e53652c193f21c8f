"""What the end of an engine means for its job, from its exit code and its last word."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Literal

from mtkd_engine.events import Event, Failed, Finished

SUCCEEDED, REFUSED, STOPPED, PULSE_LOST, NO_ROOM = 0, 2, 4, 5, 74

Ending = Literal["succeeded", "failed", "cancelled", "handed_back", "lost"]
Wish = Literal["cancel", "hand_back"] | None


@dataclass(frozen=True)
class Verdict:
    """How the attempt ended; `cause` is a code and `sentence` is for a person, empty on success."""

    ending: Ending
    cause: str = ""
    sentence: str = ""


LOG_FOLLOWS = " The last lines of its log:\n"


def judge(*, exit_code: int, last_word: Event | None, wish: Wish, log: str) -> Verdict:
    """This will decide how an attempt ended; `wish` is why the engine was asked to stop, if it was.

    A finished job has succeeded, also when its cancellation came too late; a failure of its own stays one.
    """
    # A signal may hit a process that has said Finished, its last word, and is only going away.
    if exit_code in {SUCCEEDED, -signal.SIGTERM} and isinstance(last_word, Finished):
        return Verdict("succeeded")
    if isinstance(last_word, Failed):
        return Verdict("failed", last_word.cause, last_word.message)
    if wish == "cancel":
        return Verdict("cancelled")
    if wish == "hand_back":
        return Verdict("handed_back", sentence="Its worker was stopped.")
    return _without_a_word(exit_code, log)


def _without_a_word(exit_code: int, log: str) -> Verdict:
    if exit_code == STOPPED:
        return Verdict("handed_back", sentence="Its engine was stopped from outside.")
    if exit_code < 0 or exit_code == PULSE_LOST:
        return Verdict("lost", "lost", _with_log(_loss(exit_code), log))
    if exit_code == REFUSED and log:
        return Verdict("failed", "input", log.splitlines()[-1])
    if exit_code == NO_ROOM and log:
        return Verdict("failed", "disk", log.splitlines()[-1])
    sentence = f"The engine ended unexpectedly with exit code {exit_code}."
    if exit_code == SUCCEEDED:
        sentence = "The engine ended without a result."
    return Verdict("failed", "crashed", _with_log(sentence, log))


def _loss(exit_code: int) -> str:
    if exit_code == PULSE_LOST:
        return "the engine left because its worker had stopped responding."
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = str(-exit_code)
    if name == "SIGKILL":
        return "the engine was killed (SIGKILL), most often because the machine ran out of memory."
    return f"the engine was ended by the signal {name}."


def _with_log(sentence: str, log: str) -> str:
    return f"{sentence}{LOG_FOLLOWS}{log}" if log else sentence
