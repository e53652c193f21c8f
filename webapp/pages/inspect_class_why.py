"""Why a sample with classes was taught as it was, in sentences read off one row of the table, and no more than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.queries.inspect.classes import SOLO, STUDENT, TARGET, TEACHER
from jobs.queries.inspect.probabilities import Answer
from webapp.pages.inspect_ties import are_even, leaders

NAMED = 3
SAME_FOR_ALL = {
    "uniform": "All teachers have the same weight on every sample: the aggregator is uniform.",
    "static": "The weights are the same on every sample: the aggregator learned one for each teacher.",
    "best_single": "The aggregator follows the same teacher on every sample, the best on its own.",
    "oracle": "The oracle picks the teacher that gives the true class most, which it is told.",
}


@dataclass(frozen=True, kw_only=True)
class _Voice:
    name: str
    weight: float
    answer: Answer


def why_classes(answers: Sequence[Answer], weights: Mapping[str, float], *, aggregator: str) -> list[str]:
    """This will say who leads and who names the same class, whose class won, whether it is right, what came of it.

    `weights` are those of teachers by name; a teacher without one is not told of.
    """
    voices = [
        _Voice(name=name, weight=weights[name], answer=one)
        for one in answers
        if one.who.startswith(TEACHER) and (name := one.who.removeprefix(TEACHER)) in weights and one.said
    ]
    voices.sort(key=lambda voice: -voice.weight)
    by_who = {one.who: one for one in answers}
    target = by_who.get(TARGET)
    sentences = [
        _choice(voices, aggregator=aggregator),
        _target(voices, target),
        _student(by_who.get(STUDENT), target, by_who.get(SOLO)),
    ]
    return [sentence for sentence in sentences if sentence]


def _choice(voices: Sequence[_Voice], *, aggregator: str) -> str:
    if not voices:
        return ""
    if len(voices) == 1:
        return f"{voices[0].name} is the only teacher and says {_said(voices[0].answer)}."
    if aggregator in SAME_FOR_ALL:
        return f"{SAME_FOR_ALL[aggregator]} {_together(voices)}"
    if nobody := _without_leader(voices):
        return nobody
    first = voices[0]
    text = f"{first.name} leads with {first.weight:.2f}: it says {_said(first.answer)}"
    same = [voice.name for voice in voices[1:] if voice.answer.said == first.answer.said]
    others = [voice for voice in voices[1:] if voice.answer.said != first.answer.said]
    text += f", as {'does' if len(same) == 1 else 'do'} {_listed(same)}," if same else ""
    text = f"{text}{_surest(voices)}" if _surest(voices) else text.removesuffix(",")
    if not others:
        return f"{text}."
    return f"{text}; {_by_class(others)}."


def _without_leader(voices: Sequence[_Voice]) -> str:
    """Nothing where one teacher leads."""
    first, last = voices[0], voices[-1]
    weights = {voice.name: voice.weight for voice in voices}
    if are_even(weights):
        even = f"No teacher leads: all weights lie between {last.weight:.2f} and {first.weight:.2f}."
        return f"{even} {_together(voices)}"
    names = leaders(weights)
    if len(names) == 1:
        return ""
    tied, behind = voices[: len(names)], voices[len(names) :]
    return f"{_listed(names)} are tied at {first.weight:.2f}: {_by_class(tied)}; {_by_class(behind)}."


def _by_class(voices: Sequence[_Voice]) -> str:
    """Who says which class, those that stand together in one clause; the heaviest first."""
    groups: dict[str, list[str]] = {}
    for voice in voices:
        groups.setdefault(str(voice.answer.said), []).append(voice.name)
    told = [
        f"{_listed(names)} {'says' if len(names) == 1 else 'say'} {said}"
        for said, names in list(groups.items())[:NAMED]
    ]
    more = sum(len(names) for names in list(groups.values())[NAMED:])
    return ", ".join(told) + (f" and {more} more something else" if more else "")


def _together(voices: Sequence[_Voice]) -> str:
    """What the teachers say where none of them leads."""
    said = {voice.answer.said for voice in voices}
    return f"All of them say {said.pop()}." if len(said) == 1 else f"They differ: {_by_class(voices)}."


def _surest(voices: Sequence[_Voice]) -> str:
    """Confidence is compared only where all are known."""
    scores = [voice.answer.score for voice in voices]
    if any(score is None for score in scores):
        return ""
    return " and is the surest" if scores[0] == max(score or 0.0 for score in scores) else ""


def _target(voices: Sequence[_Voice], target: Answer | None) -> str:
    """Whose class the target names, whether it is right, and who would have been."""
    if target is None or target.said is None:
        return ""
    behind = [voice for voice in voices if voice.answer.said == target.said]
    text = f"The target says {_said(target)}"
    if len(voices) > 1:
        weight = sum(voice.weight for voice in behind)
        text += (
            f", as teachers with {weight:.2f} of the weight do"
            if behind
            else ", which no teacher names first"
        )
    if target.is_right:
        return f"{text}, and is right."
    right = [f"{voice.name} ({voice.weight:.2f})" for voice in voices if voice.answer.is_right]
    if not right:
        return f"{text}, and is wrong; {'so is every teacher' if len(voices) > 1 else 'so is the teacher'}."
    return f"{text}, and is wrong; {_listed(right)} {'is' if len(right) == 1 else 'are'} right and outvoted."


def _student(student: Answer | None, target: Answer | None, solo: Answer | None) -> str:
    if student is None or student.said is None:
        return ""
    text = f"The student says {_said(student)}, {_right(student)}"
    if target is not None and target.is_right != student.is_right:
        text += " in spite of the target" if student.is_right else " though the target is right"
    if solo is None or solo.said is None:
        return f"{text}."
    if solo.is_right != student.is_right:
        return f"{text}; without teachers it says {_said(solo)}, {_right(solo)}."
    if student.quality is None or solo.quality is None:
        return f"{text}."
    gain = student.quality - solo.quality
    if abs(gain) < 0.005:
        return f"{text}; without teachers the true class is as likely to it."
    return (
        f"{text}; the true class is {abs(gain):.2f} {'more' if gain > 0 else 'less'} likely to it than without "
        "teachers."
    )


def _right(answer: Answer) -> str:
    return "right" if answer.is_right else "wrong"


def _said(answer: Answer) -> str:
    return f"{answer.said}" if answer.score is None else f"{answer.said} ({answer.score:.2f})"


def _listed(names: Sequence[str]) -> str:
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
