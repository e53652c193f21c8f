"""Why the aggregator chose as it did, in sentences: read off one row of the table, and no more than it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.pages.inspect_ties import are_even, leaders

AGREES, DISAGREES = 0.5, 0.3  # IoU from which on, and below which, two windows are called the same or another
SAME = 1e-6  # seconds
SAME_FOR_ALL = {
    "uniform": "All teachers have the same weight on every sample: the aggregator is uniform.",
    "static": "The weights are the same on every sample: the aggregator learned one for each teacher.",
    "best_single": "The aggregator follows the same teacher on every sample, the best on its own.",
    "oracle": "The oracle picks the teacher nearest to the truth, which it is told.",
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one teacher says of a sample; None is what the table does not know."""

    name: str
    weight: float | None
    window: tuple[float, float] | None
    score: float | None
    iou: float | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How much of the truth the target and the student's windows cover, with teachers and without.

    `window` is the target itself.
    """

    target: float | None
    student: float | None
    solo: float | None
    window: tuple[float, float] | None = None


def why(told: Sequence[Told], outcome: Outcome, *, aggregator: str) -> list[str]:
    """This will say who leads and what goes with it, whose window won, who would have been better, what came of it."""
    weighed = [one for one in told if one.weight is not None]
    sentences = [
        _choice(weighed, aggregator=aggregator),
        _target(weighed, outcome.window),
        _hindsight(weighed, outcome),
        _student(outcome),
    ]
    return [sentence for sentence in sentences if sentence]


def overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """This will give the IoU of two windows; 0 where both are empty."""
    shared = max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
    union = max(one[1], other[1]) - min(one[0], other[0]) if shared else one[1] - one[0] + other[1] - other[0]
    return shared / union if union > 0 else 0.0


def _choice(weighed: Sequence[Told], *, aggregator: str) -> str:
    if not weighed:
        return ""
    if len(weighed) == 1:
        return f"{weighed[0].name} is the only teacher."
    if aggregator in SAME_FOR_ALL:
        return SAME_FOR_ALL[aggregator]
    ranked = sorted(weighed, key=lambda one: -(one.weight or 0.0))
    first, last = ranked[0], ranked[-1]
    weights = {one.name: one.weight or 0.0 for one in ranked}
    if are_even(weights):
        return f"No teacher leads: all weights lie between {last.weight:.2f} and {first.weight:.2f}."
    if len(tied := leaders(weights)) > 1:
        most = ranked[len(tied)].weight
        return f"{_listed(tied)} are tied at {first.weight:.2f}; none of the others has more than {most:.2f}."
    grounds = [part for part in (_agreement(first, ranked[1:]), _confidence(first, ranked[1:])) if part]
    others = _strangers(first, ranked[1:])
    text = f"{first.name} leads with {first.weight:.2f}"
    text += f": it {' and '.join(grounds)}" if grounds else ""
    return f"{text}; {others}." if others else f"{text}."


def _agreement(first: Told, others: Sequence[Told]) -> str:
    shared = _shared(first, others)
    same = [f"{name} (IoU {value:.2f})" for name, value in shared if value >= AGREES]
    if same:
        more = f" and {len(same) - 3} more" if len(same) > 3 else ""
        return f"agrees with {', '.join(same[:3])}{more}"
    return f"agrees with none of the others (IoU {shared[0][1]:.2f} at the most)" if shared else ""


def _confidence(first: Told, others: Sequence[Told]) -> str:
    """Scores are compared only where all are known: of some teachers there are none."""
    scores = [one.score for one in (first, *others)]
    if any(score is None for score in scores) or first.score is None:
        return ""
    surer = max(others, key=lambda one: one.score or 0.0)
    assert surer.score is not None
    if first.score > surer.score:
        return f"is the most confident (score {first.score:.2f})"
    if first.score < surer.score:
        return f"is not the most confident (score {first.score:.2f}, {surer.name} {surer.score:.2f})"
    return ""


def _strangers(first: Told, others: Sequence[Told]) -> str:
    away = [(name, value) for name, value in _shared(first, others) if value < DISAGREES]
    if not away:
        return ""
    named = [f"{name} (IoU {value:.2f})" for name, value in away[:3]]
    more = f" and {len(away) - 3} more" if len(away) > 3 else ""
    return f"{', '.join(named)}{more} {'disagrees' if len(away) == 1 else 'disagree'}"


def _shared(first: Told, others: Sequence[Told]) -> list[tuple[str, float]]:
    if first.window is None:
        return []
    found = [(one.name, overlap(first.window, one.window)) for one in others if one.window is not None]
    return sorted(found, key=lambda pair: -pair[1])


def _target(weighed: Sequence[Told], window: tuple[float, float] | None) -> str:
    """Whose window the target is, and who stands behind it; the heaviest teacher need not win."""
    if window is None or len(weighed) < 2:
        return ""
    place = f"({window[0]:.1f}–{window[1]:.1f} s)"
    owners = [one for one in weighed if one.window is not None and _is_same(one.window, window)]
    if not owners:
        return f"The target {place} is no teacher's own best window."
    leader = max(weighed, key=lambda one: one.weight or 0.0)
    text = f"The target is the window of {_listed([one.name for one in owners])} {place}"
    near = [one for one in _near(window, weighed) if one not in owners]
    if near:
        named = [f"{one.name} (IoU {overlap(window, one.window or window):.2f})" for one in near]
        text += f"; near it {'lies that' if len(near) == 1 else 'lie those'} of {_listed(named)}, together "
        text += f"{_weight([*owners, *near]):.2f} of the weight"
    else:
        text += f", {_weight(owners):.2f} of the weight; no other best window lies near it"
    if leader in owners or leader in near or leader.window is None:
        return f"{text}."
    return f"{text}. That of {leader.name} has {_weight(_near(leader.window, weighed)):.2f} on or near it."


def _near(window: tuple[float, float], weighed: Sequence[Told]) -> list[Told]:
    """Teachers whose best window is about this one, the heaviest first."""
    found = [one for one in weighed if one.window is not None and overlap(window, one.window) >= AGREES]
    return sorted(found, key=lambda one: -(one.weight or 0.0))


def _weight(some: Sequence[Told]) -> float:
    return sum(one.weight or 0.0 for one in some)


def _is_same(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) <= SAME and abs(one[1] - other[1]) <= SAME


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _hindsight(weighed: Sequence[Told], outcome: Outcome) -> str:
    known = [one for one in weighed if one.iou is not None]
    if not known or len(weighed) < 2:
        return ""
    leader = max(weighed, key=lambda one: one.weight or 0.0)
    best = max(known, key=lambda one: (one.iou or 0.0, one.weight or 0.0))
    made = f"The target overlaps the truth by {outcome.target:.2f}" if outcome.target is not None else ""
    truth = "it" if made else "the truth"
    if not best.iou:
        found = f"no teacher found any of {truth}"
    elif leader.iou is not None and leader.iou >= best.iou:
        found = f"no teacher is nearer to {truth} than {leader.name} ({leader.iou:.2f})"
    else:
        found = f"{best.name}, with weight {best.weight:.2f}, is the nearest to {truth} ({best.iou:.2f})"
    return f"{made}; {found}." if made else f"{found[0].upper()}{found[1:]}."


def _student(outcome: Outcome) -> str:
    if outcome.student is None:
        return ""
    text = f"The student reaches {outcome.student:.2f}"
    if outcome.solo is None:
        return f"{text}."
    gain = outcome.student - outcome.solo
    if abs(gain) < 0.005:
        return f"{text}, as much as without teachers."
    return f"{text}, {abs(gain):.2f} {'more' if gain > 0 else 'less'} than without teachers."
