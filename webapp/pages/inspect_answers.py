"""The page of one sample with classes: its picture, what everybody says of it as bars, why it was taught so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.models import Job
from jobs.queries.inspect.classes import LABEL, SOLO, START, STUDENT, TARGET, TEACHER
from jobs.queries.inspect.probabilities import Answer, Said, answers
from jobs.queries.inspect.table import Table
from jobs.storage.blobs import StorageError
from jobs.storage.previews import has_plays
from jobs.storage.tables import sample_probabilities
from webapp.nouns import noun_of_spec
from webapp.pages.inspect_class_why import why_classes
from webapp.pages.inspect_classes import is_its_start, known_images, tone_by_who
from webapp.pages.inspect_model_why import why_models
from webapp.pages.inspect_model_words import words_of
from webapp.pages.inspect_words import who_is
from webapp.pages.stages import through_assistants

SHOWN = 5
_ORDER = (TARGET, START, STUDENT, SOLO)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """The probability of one class, as long as it is wide in percent."""

    name: str
    probability: float
    is_true: bool

    @property
    def width(self) -> float:
        """Its length in percent."""
        return 100 * self.probability


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What somebody says of the sample: the likeliest classes and, below them, the true one where it is not of them.

    `others` is what all classes have together that are not shown; None where there are none.
    """

    title: str
    tone: int
    weight: float | None
    answer: Answer
    bars: list[Bar]
    others: float | None


def answer_context(
    job: Job, table: Table, row: int, *, weights: Mapping[str, float], whose: str = ""
) -> dict[str, Any]:
    """This will give what the page of a sample shows besides its weights; `aggregator` is read off the spec.

    `whose` table it is, is the participant's name where models teach each other.
    """
    sample_id, truth = str(table.take("sample_id", [row])[0]), table.take(LABEL, [row])[0]
    problem, kept = "", {}
    try:
        kept = sample_probabilities(job, sample_id, whose)
    except StorageError as error:
        problem = str(error)
    told = answers(table, row, kept)
    image = known_images(job, table, [row])[0]
    kind = str((job.spec.get("method", {}).get("aggregator") or {}).get("kind", ""))
    return {
        "truth": truth,
        "opinions": _opinions(table, told, truth, weights=weights, whose=whose),
        "has_probabilities": bool(kept),
        "probabilities_problem": problem,
        "image": image,
        "has_play": bool(image and image.frames and job.dataset and has_plays(job.dataset)),
        "noun": noun_of_spec(job.spec),
        "why": why_models(told, weights, learner=whose)
        if whose
        else _why(job, why_classes(told, weights, aggregator=kind)),
    }


def _opinions(
    table: Table, told: Sequence[Answer], truth: str | None, *, weights: Mapping[str, float], whose: str
) -> list[Opinion]:
    tones, words = tone_by_who(table), words_of(between_models=bool(whose))
    return [
        Opinion(
            title=who_is(one.who, words),
            tone=tones.get(one.who, 0),
            weight=_weight(one.who, weights, whose),
            answer=one,
            bars=(bars := bars_of(one, truth)),
            others=_others(bars) if len(one.classes) > len(bars) else None,
        )
        for one in sorted(
            (one for one in told if not is_its_start(one.who, whose)),
            key=lambda one: _ORDER.index(one.who) if one.who in _ORDER else -1,
        )
    ]


def _weight(who: str, weights: Mapping[str, float], whose: str) -> float | None:
    """A model's own start has what it knew best itself."""
    if who == START:
        own = [weight for name, weight in weights.items() if is_its_start(f"{TEACHER}{name}", whose)]
        return sum(own) if own else None
    return weights.get(who.removeprefix(TEACHER)) if who.startswith(TEACHER) else None


def _why(job: Job, why: list[str]) -> list[str]:
    """Who taught the student stands last, where it was not those that the sentences before are about."""
    through = through_assistants(job.spec)
    return [*why, through] if why and through else why


def bars_of(answer: Answer, truth: str | None) -> list[Bar]:
    """This will give the likeliest classes and the true one; what the table says of them where no more was kept."""
    classes: Said = list(answer.classes[:SHOWN])
    if not classes and answer.said is not None and answer.score is not None:
        classes = [(answer.said, answer.score)]
    if truth is not None and all(name != truth for name, _ in classes) and answer.quality is not None:
        classes.append((truth, answer.quality))
    return [Bar(name=name, probability=value, is_true=name == truth) for name, value in classes]


def _others(bars: list[Bar]) -> float:
    return max(0.0, 1.0 - sum(bar.probability for bar in bars))
