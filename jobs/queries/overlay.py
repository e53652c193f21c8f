"""Metrics of many jobs over each other: by step, by epoch, or by the time since each began."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import numpy as np
from django.db.models import Min
from numpy.typing import NDArray

from jobs.models import Attempt, Job
from jobs.queries.curves import LAST_STEP, Series, read_curves

MOST_JOBS = 100
By = Literal["step", "epoch", "time"]
WAYS: tuple[str, ...] = get_args(By)
_COARSE = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Curves = dict[tuple[int, str], Series]


@dataclass(frozen=True)
class Overlaid:
    """A curve; `x` are epochs, or seconds since the job began, and None where its steps are."""

    curve: Series
    x: NDArray[np.float64] | None


def overlay(
    *,
    job_ids: Sequence[int],
    metrics: Sequence[str],
    by: By = "step",
    px: int | None = None,
    low: float | None = None,
    high: float | None = None,
) -> dict[str, dict[int, Overlaid]]:
    """This will read metrics of at most 100 jobs by name and job; jobs without one are left out.

    `low` and `high` are steps, epochs or seconds, both included; by time a few points beyond them come, too. By epoch,
    jobs are left out that have none, such as those trained elsewhere.
    """
    assert len(job_ids) <= MOST_JOBS
    found: dict[str, dict[int, Overlaid]] = {name: {} for name in metrics}
    if by == "epoch":
        rate = steps_per_epoch(job_ids)
        windows = {job: _steps(low, high, rate=of) for job, of in rate.items()}
        for (job, name), curve in _within(windows, metrics, px).items():
            found[name][job] = Overlaid(curve, curve.steps / rate[job])
        return found
    if by == "time":
        began = _began(job_ids)
        windows = _windows_of_time(job_ids, metrics, began, low, high)
        for (job, name), curve in _within(windows, metrics, px).items():
            found[name][job] = Overlaid(curve, (curve.times_ms - began[job]) / 1000)
        return found
    for (job, name), curve in _within(dict.fromkeys(job_ids, _steps(low, high)), metrics, px).items():
        found[name][job] = Overlaid(curve, None)
    return found


_COMPARED_WITH_SOLO = frozenset({"emtm", "multi_teacher", "staged", "ensemble", "self"})


def steps_per_epoch(job_ids: Sequence[int]) -> dict[int, float]:
    """This will say of how many steps an epoch has; jobs that know no epochs, or not yet, are left out.

    A job that trains its student alone, too, or assistants before it, counts the steps of all.
    """
    parts = ("spec__optim__epochs", "spec__evaluation__compare_solo", "spec__method__kind")
    rows = Job.objects.filter(pk__in=job_ids, elsewhere=False, total_steps__gt=0)
    found = {}
    between = "spec__method__assistants"
    for job, total, epochs, solo, method, assistants in rows.values_list(
        "pk", "total_steps", *parts, between
    ):
        if isinstance(epochs, int) and epochs > 0 and method != "aggregate":
            alone = bool(solo) and method in _COMPARED_WITH_SOLO
            found[job] = total / (epochs * (1 + alone + len(assistants or ())))
    return found


def _within(windows: Mapping[int, tuple[int, int]], metrics: Sequence[str], px: int | None) -> Curves:
    """Jobs with the same window are read together."""
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for job, window in windows.items():
        alike[window].append(job)
    found: Curves = {}
    for (first, last), jobs in alike.items():
        found |= read_curves(job_ids=jobs, metrics=metrics, px=px, step_from=first, step_to=last)
    return found


def _steps(low: float | None, high: float | None, *, rate: float = 1.0) -> tuple[int, int]:
    first = 0 if low is None else math.ceil(low * rate)
    last = LAST_STEP if high is None else math.floor(high * rate)
    return min(max(first, 0), LAST_STEP), min(max(last, 0), LAST_STEP)


def _began(job_ids: Iterable[int]) -> dict[int, int]:
    """When the first attempt that counts began, in ms since 1970."""
    seen = Attempt.objects.filter(job__in=list(job_ids), is_void=False).order_by()
    rows = seen.values_list("job").annotate(began=Min("started_at"))
    # To the nearest, as the database says when the attempts of curves began.
    return {job: ((began - _EPOCH) // timedelta(microseconds=1) + 500) // 1000 for job, began in rows}


def _windows_of_time(
    job_ids: Sequence[int],
    metrics: Sequence[str],
    began: Mapping[int, int],
    low: float | None,
    high: float | None,
) -> dict[int, tuple[int, int]]:
    """The steps of each job between two times, found on coarse curves: the next points on both sides are in."""
    whole = dict.fromkeys((job for job in job_ids if job in began), (0, LAST_STEP))
    if low is None and high is None:
        return whole
    spans: dict[int, tuple[int, int]] = {}
    for (job, _), curve in _within(whole, metrics, _COARSE).items():
        seconds = (curve.times_ms - began[job]) / 1000
        before = curve.steps[seconds <= low] if low is not None else curve.steps[:0]
        behind = curve.steps[seconds >= high] if high is not None else curve.steps[:0]
        first = int(before.max()) if len(before) else 0
        last = int(behind.min()) if len(behind) else LAST_STEP
        known = spans.get(job, (first, last))
        spans[job] = (min(known[0], first), max(known[1], last))
    return spans
