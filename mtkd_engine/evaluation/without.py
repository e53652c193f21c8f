"""What each teacher is worth beside the others: the ensemble with all, and with all but one."""

from __future__ import annotations

from collections.abc import Mapping

from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.evaluation.lessons import Lesson, fit_static, lesson_of
from mtkd_engine.tasks.grounding.batches import SplitData

Without = dict[str, dict[str, float | None]]


def without_each(*, splits: Mapping[str, SplitData], faculties: Mapping[str, Faculty], seed: int) -> Without:
    """This will give, per teacher, what leaving it out costs and saves; empty for a single teacher.

    `miou` is the mean IoU on test (0..1) of the static ensemble of all less that of all but this one, both decoded
    alike and with weights fitted on train, so it is negative where the teacher does harm. `seconds` is how long its
    beliefs took to compute on all splits, None where that was not measured.
    """
    names = faculties["test"].names
    if len(names) < 2:
        return {}
    train = lesson_of(faculties["train"], splits["train"].samples)
    test = lesson_of(faculties["test"], splits["test"].samples)
    together = _reached(train, test, seed=seed)
    found: Without = {}
    for t, name in enumerate(names):
        alone = _reached(train.without(t), test.without(t), seed=seed)
        found[name] = {"miou": together - alone, "seconds": seconds_of(faculties, t)}
    return found


def _reached(train: Lesson, test: Lesson, *, seed: int) -> float:
    weights_T = fit_static(train, seed=seed)
    return float(test.quality(weights_T.expand(len(test), -1)).mean())


def seconds_of(faculties: Mapping[str, Faculty], teacher: int) -> float | None:
    """This will sum the seconds that a teacher's beliefs took on all these splits; None where one is not known."""
    seconds = [faculty.stored[teacher].seconds for faculty in faculties.values()]
    known = [one for one in seconds if one is not None]
    return sum(known) if len(known) == len(seconds) else None
