"""What comes of a rule: the numbers on both sides, whether it holds, and a sentence for a person. Reads no table."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.queries.final_metrics import value_of
from mtkd_engine.spec import Gate, holds

MOST_NAMED = 6
_ASKED = {
    ">=": "{} or more",
    ">": "more than {}",
    "<=": "{} or less",
    "<": "less than {}",
    "==": "{}",
}


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The final metrics of a job that is judged; `seed` tells it from the others of its group."""

    seed: int | None
    metrics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Held:
    """A named job that others are held against."""

    job: int
    metrics: Mapping[str, float]


class _MissingError(ValueError):
    """A side of a rule has no number; one sentence."""


def judged(gate: Gate, *, of: str, jobs: Sequence[Measured], baselines: Mapping[str, Held]) -> dict[str, Any]:
    """This will judge one rule over jobs (more than one: the seeds of a group), as `Job.gates` keeps it.

    `of` says where the rule stands: spec or policy. What cannot be compared has failed.
    """
    said = unjudged(gate.text, of=of, sentence="")
    try:
        left, right, seed = _sides(gate, jobs, baselines)
    except _MissingError as missing:
        return {**said, "sentence": str(missing)}
    if not math.isfinite(left) or not math.isfinite(right):
        return {**said, "sentence": "Its numbers are too large to be compared."}
    passed = holds(gate.comparison, left, right)
    sentence = _sentence(gate, left, right, passed=passed, over=_over(gate, jobs, seed), baselines=baselines)
    return {**said, "passed": passed, "left": left, "right": right, "sentence": sentence}


def unjudged(rule: str, *, of: str, sentence: str) -> dict[str, Any]:
    """This will fail a rule without looking at any number."""
    return {"rule": rule, "of": of, "passed": False, "left": None, "right": None, "sentence": sentence}


def number(value: float, beside: float | None = None) -> str:
    """This will write a number in as few digits as tell it from the one that it is held against."""
    if value.is_integer() and abs(value) < 1e15:
        return f"{value:,.0f}"
    whole = len(f"{abs(value):.0f}")
    for digits in range(max(4, whole), 17):
        text = f"{value:.{digits}g}"
        if beside is None or beside == value or text != f"{beside:.{digits}g}":
            return text
    return repr(value)


def _sides(
    gate: Gate, jobs: Sequence[Measured], baselines: Mapping[str, Held]
) -> tuple[float, float, int | None]:
    """Both numbers, and the seed they are of where it is one's."""
    pairs = [(_left(gate, job, jobs), _right(gate, job, jobs, baselines)) for job in jobs]
    if gate.over == "worst":
        place = min(range(len(pairs)), key=lambda at: _lead(gate, *pairs[at]))
        return *pairs[place], jobs[place].seed
    lefts, rights = zip(*pairs, strict=True)
    return _mean(lefts), _mean(rights), None


def _mean(values: Sequence[float]) -> float:
    """That of equal numbers is that number, to the last bit."""
    return values[0] if len(set(values)) == 1 else sum(values) / len(values)


def _lead(gate: Gate, left: float, right: float) -> float:
    if gate.comparison == "==":
        return -abs(left - right)
    return left - right if gate.comparison.startswith(">") else right - left


def _left(gate: Gate, job: Measured, jobs: Sequence[Measured]) -> float:
    return _known(gate.metric, job.metrics, f"the {_noun(job, jobs)} has no final metric {gate.metric!r}")


def _right(gate: Gate, job: Measured, jobs: Sequence[Measured], baselines: Mapping[str, Held]) -> float:
    if gate.number is not None:
        return gate.number
    if gate.right_metric:
        why = f"the {_noun(job, jobs)} has no final metric {gate.right_metric!r}"
        return _known(gate.right_metric, job.metrics, why) + gate.offset
    held = baselines.get(gate.baseline)
    if held is None:
        raise _MissingError(
            f"The project has no baseline {gate.baseline!r}{near_names(gate.baseline, baselines)}."
        )
    why = f"baseline {gate.baseline!r} (job {held.job}) has no final metric {gate.metric!r}"
    return _known(gate.metric, held.metrics, why) + gate.offset


def _noun(job: Measured, jobs: Sequence[Measured]) -> str:
    return "job" if len(jobs) == 1 or job.seed is None else f"job of seed {job.seed}"


def _known(name: str, metrics: Mapping[str, float], why: str) -> float:
    found = value_of(metrics, name)
    if found is None:
        raise _MissingError(f"{why[0].upper()}{why[1:]}{near_names(name, metrics)}.")
    return found


def near_names(name: str, known: Collection[str]) -> str:
    """This will end a sentence about a name that is not known with those that may have been meant."""
    near = difflib.get_close_matches(name, known, n=MOST_NAMED, cutoff=0.5)
    tail = name.rpartition("/")[2]
    near += [other for other in sorted(known) if other.rpartition("/")[2] == tail and other not in near]
    shown = near[:MOST_NAMED] or sorted(known, key=_of_itself_first)[:MOST_NAMED]
    if not shown:
        return "; there is none"
    return f"; {'near' if near else 'known'} names are {', '.join(shown)}"


def _of_itself_first(name: str) -> tuple[bool, bool, str]:
    """A job's own numbers, on test first, before those of what it was compared with."""
    return not name.startswith(("test/", "val/")), "/" in name, name


def _over(gate: Gate, jobs: Sequence[Measured], seed: int | None) -> str:
    if len(jobs) == 1:
        return ""
    if gate.over == "worst":
        return f" at worst over {len(jobs)} seeds (seed {seed})"
    return f" on average of {len(jobs)} seeds"


def _sentence(
    gate: Gate, left: float, right: float, *, passed: bool, over: str, baselines: Mapping[str, Held]
) -> str:
    asked = _ASKED[gate.comparison].format(number(right, left))
    found = f"{gate.metric} is {number(left, right)}{over}, {'and' if passed else 'but'} {asked} is asked"
    if gate.number is not None:
        return f"{found}."
    against = gate.right_metric
    if gate.baseline:
        against = f"baseline {gate.baseline} (job {baselines[gate.baseline].job})"
    if not gate.offset:
        return f"{found}: that of {against}." if gate.baseline else f"{found}: {against}."
    change = f"{'plus' if gate.offset > 0 else 'less'} {number(abs(gate.offset))}"
    return f"{found}: {number(right - gate.offset)} of {against}, {change}."
