"""How what was waited for came out, as an exit code and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mtkd_engine.client.answers import FINAL, Gate, Group, Job

OK = 0
GATE_FAILED = 2
FAILED = 3
CANCELLED = 4
TIMED_OUT = 5
REFUSED = 64
LATER = 75

_WORDS = {
    OK: "succeeded",
    GATE_FAILED: "its gate failed",
    FAILED: "failed",
    CANCELLED: "was cancelled",
    TIMED_OUT: "has not ended in time",
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A job or a group after the wait for it; `baselines` are final metrics of named jobs it may be held against."""

    subject: Job | Group
    url: str
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def code(self) -> int:
        """The exit code: a job that did not succeed weighs more than a gate."""
        states = states_of(self.subject)
        if any(state == "failed" for state in states):
            return FAILED
        if any(state == "cancelled" for state in states):
            return CANCELLED
        if any(state not in FINAL for state in states):
            return TIMED_OUT
        return GATE_FAILED if self.subject.gate_outcome == "failed" else OK

    @property
    def kind(self) -> str:
        """Job or group."""
        return "job" if isinstance(self.subject, Job) else "group"

    @property
    def title(self) -> str:
        """What came out, in a line."""
        words = _WORDS[self.code]
        if self.code == OK and self.subject.gate_outcome == "passed":
            words = "succeeded and passed its gate"
        elif self.code == GATE_FAILED:
            words = "succeeded, but " + words
        return f"{self.kind.capitalize()} {self.subject.id} ({self.subject.name}) {words}"

    @property
    def address(self) -> str:
        """The page to look at."""
        return f"{self.url}/{self.kind}s/{self.subject.id}/"

    @property
    def failure(self) -> str:
        """Why it did not succeed; empty where it did."""
        if isinstance(self.subject, Job):
            return self.subject.failure
        lost = [
            f"job {job.id} {job.state}" for job in self.subject.jobs if job.state in FINAL - {"succeeded"}
        ]
        return f"{', '.join(lost)}." if lost else ""

    @property
    def unjudged(self) -> list[str]:
        """Rules that were never held against anything, for there was no good end.

        Those of a job of a group are none of its own: the group is judged.
        """
        if isinstance(self.subject, Job) and self.subject.group is not None:
            return []
        document = self.subject.spec if isinstance(self.subject, Job) else self.subject.document
        known = {gate.rule for gate in self.subject.gates}
        return [str(rule) for rule in document.get("gates") or () if rule not in known]

    @property
    def seconds(self) -> float:
        """How long a job trained; 0 where that is unknown."""
        if not isinstance(self.subject, Job):
            return 0.0
        begun, ended = self.subject.started_at, self.subject.finished_at
        if not begun or not ended:
            return 0.0
        return (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds()

    def plain(self) -> dict[str, Any]:
        """This will give all of it as data for a JSON file."""
        told = {"kind": self.kind, "exit_code": self.code, "title": self.title, "address": self.address}
        return {**told, self.kind: self.subject.plain()}


def states_of(subject: Job | Group) -> list[str]:
    """This will give the states of the job, or of all jobs of the group."""
    return [subject.state] if isinstance(subject, Job) else [job.state for job in subject.jobs]


def in_words(gate: Gate) -> str:
    """This will say in a sentence what came of a rule."""
    return gate.sentence or f"{gate.rule}: {'passed' if gate.passed else 'failed'}."
