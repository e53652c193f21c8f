"""Who knew a sample best before models taught each other, and what became of it: read off one row of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jobs.queries.inspect.classes import SOLO, START, STUDENT, TEACHER
from jobs.queries.inspect.probabilities import Answer
from webapp.pages.inspect_ties import leaders
from webapp.pages.transfer import OWN_START, source_title

SAME = 0.005
"""What two decimals do not show."""


def why_models(answers: Sequence[Answer], weights: Mapping[str, float], *, learner: str) -> list[str]:
    """This will say who knew the sample best before training, and what the learner says now and said then.

    `weights` are those of sources by name.
    """
    by_who = {one.who: one for one in answers}
    sentences = [
        _best(by_who, weights, learner=learner),
        _changed(by_who.get(START), by_who.get(STUDENT), learner=learner),
        _alone(by_who.get(STUDENT), by_who.get(SOLO)),
    ]
    return [sentence for sentence in sentences if sentence]


def _best(by_who: Mapping[str, Answer], weights: Mapping[str, float], *, learner: str) -> str:
    if not weights:
        return ""
    names = leaders(weights)
    told = [f"{_named(name, learner)} {_says(by_who.get(f'{TEACHER}{name}'))}" for name in names]
    if len(names) == 1:
        share = weights[names[0]]
        alone = "" if share > 1 - SAME else f", with {share:.2f} of the sample"
        return f"Before training {told[0]} knew it best{alone}."
    return f"Before training {', '.join(told[:-1])} and {told[-1]} knew it alike."


def _named(name: str, learner: str) -> str:
    if name == learner or source_title(name) == OWN_START:
        return f"{learner} itself"
    return name


def _says(answer: Answer | None) -> str:
    if answer is None or answer.quality is None:
        return ""
    return f"(true class {answer.quality:.2f})"


def _changed(start: Answer | None, now: Answer | None, *, learner: str) -> str:
    if start is None or now is None or start.said is None or now.said is None:
        return ""
    text = f"{learner} said {_said(start)}, {_right(start)}, and says {_said(now)} now, {_right(now)}"
    if start.quality is None or now.quality is None:
        return f"{text}."
    gain = now.quality - start.quality
    if abs(gain) < SAME:
        return f"{text}; the true class is as likely to it as before."
    return f"{text}; the true class is {abs(gain):.2f} {'more' if gain > 0 else 'less'} likely to it than before."


def _alone(now: Answer | None, alone: Answer | None) -> str:
    if now is None or alone is None or alone.said is None:
        return ""
    if now.is_right == alone.is_right:
        return f"Fine-tuned alone it says {_said(alone)}, {_right(alone)} as well."
    return f"Fine-tuned alone it says {_said(alone)}, {_right(alone)}."


def _right(answer: Answer) -> str:
    return "right" if answer.is_right else "wrong"


def _said(answer: Answer) -> str:
    return f"{answer.said}" if answer.score is None else f"{answer.said} ({answer.score:.2f})"
