"""What a result means, in sentences: compression, the lead over the baselines, and how sure the numbers are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from jobs.models import Job
from jobs.queries.kinds import is_dense
from mtkd_engine.spec.in_turn import capital
from mtkd_engine.spec.measures import GROUNDING, Measures, measures_of, title_of
from webapp.charts import teacher_names
from webapp.pages.result_details import is_number
from webapp.templatetags.site import signed

_TEACHERS = {"ensemble": "its branches", "self": "teaching itself"}
"""What taught a student, by its method, where that were no registered teachers."""
SURE = 1.96  # standard errors of a 95 % interval


def verdict(job: Job) -> list[str]:
    """This will say in a few sentences how the student did; nothing for a job without a result.

    Without a student, method `aggregate` has said it itself.
    """
    result = job.result or {}
    metrics, baselines = result.get("metrics") or {}, result.get("baselines") or {}
    measures = measures_of(job.spec)
    if not is_number(metrics.get(measures.told)):
        return []
    if is_aggregate(job):
        return [str(note) for note in result.get("notes") or []]
    found = [
        _student(result, key=measures.told, metrics=metrics, baselines=baselines),
        _labels(job.spec),
        _brought(job, result, measures),
        _size(job, result),
        _weighing(baselines, measures, is_bound=bool(result.get("aggregated_reads_labels"))),
        _certainty(job, metrics, measures.told),
    ]
    return [sentence for sentence in found if sentence]


def is_aggregate(job: Job) -> bool:
    """This will tell whether a job has no student: it judged an aggregator on what its teachers say."""
    return bool((job.spec.get("method") or {}).get("kind") == "aggregate")


def _brought(job: Job, result: Mapping[str, Any], measures: Measures) -> str:
    """What the teachers brought the same student, and whether that is more than chance."""
    teachers = _TEACHERS.get(str((job.spec.get("method") or {}).get("kind")), "its teachers")
    found = ((result.get("comparisons") or {}).get("solo") or {}).get(measures.headline) or {}
    if not all(is_number(found.get(key)) for key in ("difference", "low", "high")):
        return ""
    difference, low, high = (100 * found[key] for key in ("difference", "low", "high"))
    told = f"{signed(difference)} points of {measures.title} (95 %: {signed(low)} to {signed(high)})"
    if low > 0:
        return f"{capital(teachers)} brought it {told} over the same student alone."
    if high < 0:
        return f"{capital(teachers)} did it harm: {told} against the same student alone."
    return f"Whether {teachers} helped cannot be told: {told} against the same student alone."


def _student(
    result: Mapping[str, Any], *, key: str, metrics: Mapping[str, Any], baselines: Mapping[str, Any]
) -> str:
    against = []
    if is_number(baselines.get("blind", {}).get(key)):
        against.append(f"{_lead(metrics, baselines['blind'], key)} blind guessing")
    if is_number(baselines.get("best_single", {}).get(key)):
        name = f" ({result['best_single']})" if isinstance(result.get("best_single"), str) else ""
        against.append(f"{_lead(metrics, baselines['best_single'], key)} the best single teacher{name}")
    text = f"The student reaches {100 * metrics[key]:.1f} % {title_of(key)}"
    return f"{text}: {' and '.join(against)}." if against else f"{text}."


def _labels(spec: Mapping[str, Any]) -> str:
    """How many labels it learned from, where that was a part of them: no figure of all labels compares with it."""
    share = ((spec.get("data") or {}).get("labels") or {}).get("share")
    if not is_number(share) or share >= 1:
        return ""
    return f"It learned from {100 * share:.3g} % of the labels of training."


def _size(job: Job, result: Mapping[str, Any]) -> str:
    own = result.get("parameters")
    if not isinstance(own, int):
        return ""
    sizes = {teacher.name: teacher.report.get("parameters") for teacher in job.teachers.all()}
    listed = [(name, sizes.get(name)) for name in teacher_names(job.spec)]
    known = [f"{100 * own / size:.0f} % of {name}" for name, size in listed if isinstance(size, int) and size]
    return f"It has {own:,} parameters{': ' + ', '.join(known) if known else ''}."


def _weighing(baselines: Mapping[str, Any], measures: Measures, *, is_bound: bool) -> str:
    """Whether the clever weighting was worth it, at the measure that the aggregator's answers move most.

    Weights that are made from the labels of what they weigh prove nothing there: then only the others are told.
    """
    values = {
        name: baselines.get(name, {}).get(measures.headline) for name in ("aggregated", "static", "uniform")
    }
    if not all(is_number(value) for value in values.values()):
        return ""
    aggregated, static, uniform = (100 * value for value in values.values())
    if is_bound:
        return (
            f"One learned weight per teacher gives {static:.1f} {measures.title}, equal weights {uniform:.1f}; this "
            f"job's aggregator reads the labels, so its {aggregated:.1f} are a bound, no prediction."
        )
    weighing = "Weighing the teachers per sample" if measures is GROUNDING else "This job's way of weighing"
    return (
        f"{weighing} gives {aggregated:.1f} {measures.title}, "
        f"one learned weight per teacher {static:.1f}, equal weights {uniform:.1f}."
    )


def _certainty(job: Job, metrics: Mapping[str, Any], key: str) -> str:
    samples = _tested(job)
    if samples < 1 or is_dense(job.spec.get("task")):  # what is no share of samples has no such interval
        return ""
    share = min(1.0, max(0.0, metrics[key]))
    low, high = wilson(share, samples)
    half = 100 * max(share - low, high - share)
    return f"With {samples:,} test samples, {title_of(key)} is known to about ±{half:.1f} points."


def _tested(job: Job) -> int:
    """How many test samples there were: a job may test on a part of its dataset. Older results do not say."""
    own = ((job.result or {}).get("dataset") or {}).get("splits") or {}
    report = job.dataset.report if job.dataset is not None else {}
    for samples in (own.get("test"), ((report.get("splits") or {}).get("test") or {}).get("samples")):
        if isinstance(samples, int):
            return samples
    return 0


def wilson(share: float, samples: int) -> tuple[float, float]:
    """This will give the 95 % interval of a share of samples (Wilson 1927), which is not empty at 0 and 1 either."""
    square = SURE**2 / samples
    middle = (share + square / 2) / (1 + square)
    half = SURE / (1 + square) * math.sqrt(share * (1 - share) / samples + square / (4 * samples))
    return middle - half, middle + half


def _lead(own: Mapping[str, Any], other: Mapping[str, Any], key: str) -> str:
    points = round(100 * (own[key] - other[key]), 1)
    return f"{abs(points):.1f} points {'above' if points > 0 else 'below'}" if points else "level with"
