"""What the end of an engine means for its job, from its exit code and its last word."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Literal

from mtkd_engine.events import Event, Failed, Finished

SUCCEEDED, REFUSED, STOPPED, PULSE_LOST, NO_ROOM = 0, 2, 4, 5, 74
LOST, OUT_OF_MEMORY, STALLED, DISK, DEADLINE = "lost", "out_of_memory", "stalled", "disk", "deadline"

Ending = Literal["succeeded", "failed", "cancelled", "paused", "overdue", "handed_back", "lost"]
Wish = Literal["cancel", "pause", "deadline", "hand_back"] | None


@dataclass(frozen=True)
class Verdict:
    """How the attempt ended; `cause` is a code and `sentence` is for a person, empty on success."""

    ending: Ending
    cause: str = ""
    sentence: str = ""


LOG_FOLLOWS = " The last lines of its log:\n"
_AS_WISHED: dict[Wish, Verdict] = {
    "cancel": Verdict("cancelled"),
    "pause": Verdict("paused"),
    "deadline": Verdict("overdue", DEADLINE),
    "hand_back": Verdict("handed_back", sentence="Its worker was stopped."),
}


def judge(
    *, exit_code: int, last_word: Event | None, wish: Wish, log: str, loss: Verdict | None = None
) -> Verdict:
    """This will decide how an attempt ended; `wish` is why the engine was asked to stop, if it was.

    `loss` is why its supervisor killed the engine, or what is known of who else did. A finished job has
    succeeded, also when its cancellation came too late; a failure of its own stays one.
    """
    # A signal may hit a process that has said Finished, its last word, and is only going away.
    if exit_code in {SUCCEEDED, -signal.SIGTERM} and isinstance(last_word, Finished):
        return Verdict("succeeded")
    if exit_code == NO_ROOM and wish not in {"cancel", "deadline"}:
        return Verdict("paused", DISK, log.splitlines()[-1] if log else "The disk is full.")
    if isinstance(last_word, Failed):
        return Verdict("failed", last_word.cause, last_word.message)
    if wish is not None:
        return _AS_WISHED[wish]
    if loss is not None:
        return Verdict(loss.ending, loss.cause, with_log(loss.sentence, log))
    return _without_a_word(exit_code, log)


def _without_a_word(exit_code: int, log: str) -> Verdict:
    if exit_code == STOPPED:
        return Verdict("handed_back", sentence="Its engine was stopped from outside.")
    if exit_code < 0 or exit_code == PULSE_LOST:
        return Verdict("lost", LOST, with_log(_loss(exit_code), log))
    if exit_code == REFUSED and log:
        return Verdict("failed", "input", log.splitlines()[-1])
    sentence = f"The engine ended unexpectedly with exit code {exit_code}."
    if exit_code == SUCCEEDED:
        sentence = "The engine ended without a result."
    return Verdict("failed", "crashed", with_log(sentence, log))


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


def with_log(sentence: str, log: str) -> str:
    """This will add the last lines of an engine's log to a sentence about its end."""
    return f"{sentence}{LOG_FOLLOWS}{log}" if log else sentence
