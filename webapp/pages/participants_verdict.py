"""What it brought models to teach each other, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.models import Job
from jobs.queries.participants import Participant, learners_of, participants_of
from mtkd_engine.spec.measures import measures_of, title_of
from webapp.pages.participants import told
from webapp.pages.result_details import is_number
from webapp.templatetags.site import signed

MUCH = 0.5
"""Points that a model may lose before a sentence says so."""


def verdict_of_models(job: Job) -> list[str]:
    """This will say what each learner gained, what that is over fine-tuning alone, and who lost."""
    result = job.result or {}
    learners = learners_of(result)
    key = str(result.get("primary") or measures_of(job.spec).headline)
    teachers = [one.name for one in participants_of(result) if not one.learns]
    found = [
        _taught(learners, teachers, key),
        _gained(
            learners, key, "gain", "Taught by each other, the models gained {} points of {} on average: {}."
        ),
        _gained(
            learners,
            key,
            "gain_over_alone",
            "Over plain fine-tuning of the same length that is {} points of {} on average: {}.",
        ),
        _lost(learners, key, method=job.spec.get("method") or {}),
    ]
    return [sentence for sentence in found if sentence]


def _taught(learners: Sequence[Participant], teachers: Sequence[str], key: str) -> str:
    """One learner among teachers that stand still."""
    if len(learners) != 1:
        return ""
    (one,) = learners
    before, after, gain = told(one, "before", key), told(one, "after", key), one.told.get("gain")
    if before is None or after is None or not is_number(gain):
        return ""
    by = f" Taught by {_listed(teachers)}," if teachers else ""
    start = f"{by} {one.name}" if by else one.name
    text = (
        f"{start} went from {100 * before:.1f} to {100 * after:.1f} % {title_of(key)} "
        f"({signed(100 * gain)} points)"
    ).strip()
    alone = one.told.get("gain_over_alone")
    over = (
        f"; over plain fine-tuning of the same length that is {signed(100 * alone)}"
        if is_number(alone)
        else ""
    )
    return f"{text}{over}."


def _gained(learners: Sequence[Participant], key: str, what: str, sentence: str) -> str:
    gains = {one.name: gain for one in learners if is_number(gain := one.told.get(what))}
    if len(gains) < 2:
        return ""
    each = ", ".join(f"{name} {signed(100 * gain)}" for name, gain in gains.items())
    return sentence.format(signed(100 * sum(gains.values()) / len(gains)), title_of(key), each)


def _lost(learners: Sequence[Participant], key: str, *, method: Mapping[str, Any]) -> str:
    lost = [
        f"{one.name} ({signed(100 * gain)})"
        for one in learners
        if is_number(gain := one.told.get("gain")) and 100 * gain < -MUCH
    ]
    if not lost:
        return ""
    anchor = " or the anchor" if method.get("kind") == "mutual" and not method.get("anchor") else ""
    measure = title_of(key)
    return f"{_listed(lost)} lost more than {MUCH:.1f} points of {measure}: a lower learning rate{anchor} may help."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
