"""What the engine of a job said: events by number, points of metrics, curves for charts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from django.db.models import Max, Min, QuerySet
from numpy.typing import NDArray

from jobs.chunks import Run, join, unpack
from jobs.models import Event, Job, MetricChunk
from jobs.queries.thinning import thin


@dataclass(frozen=True)
class Points:
    """Points of one metric in order of step; `attempt` is the newest attempt among them.

    Whoever appends them to points read before first drops those whose step is not below `steps[0]`: a
    resumed attempt repeats the steps after its checkpoint.
    """

    metric: str
    attempt: int
    seqs: NDArray[np.int64]
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    times_ms: NDArray[np.int64]


@dataclass(frozen=True)
class Series:
    """A curve for a chart; `last_seq` is the newest number that it holds or has thinned out."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    last_seq: int


def events_after(*, job_id: int, seq: int, limit: int = 500) -> list[Event]:
    """This will list the events numbered above `seq`, oldest first."""
    return list(
        Event.objects.filter(job_id=job_id, seq__gt=seq).select_related("attempt").order_by("seq")[:limit]
    )


def points_after(*, job_id: int, seq: int, limit_points: int = 20_000) -> dict[str, Points]:
    """This will read the points numbered above `seq` by metric, complete up to the highest seq returned.

    About `limit_points` in all; ask again from the highest seq until nothing comes.
    """
    chunks = _chunks(job_id).filter(seq_last__gt=seq)
    # Chunks of different metrics overlap: only what lies before the first one left out is complete.
    sizes = sorted(
        (max(first, seq + 1), points) for first, points in chunks.values_list("seq_first", "points")
    )
    end, total = None, 0
    for index, (first, points) in enumerate(sizes):
        if total >= limit_points and first > sizes[index - 1][0]:
            end = first
            break
        total += points
    if end is not None:
        chunks = chunks.filter(seq_first__lt=end)
    masks = _first_steps(job_id)
    found: dict[str, Points] = {}
    for metric, runs in _runs(chunks).items():
        chosen = {number: _between(run, seq, end) for number, run in runs.items()}
        kept = _masked({number: run for number, run in chosen.items() if len(run)}, masks.get(metric, {}))
        if kept:
            run = join([kept[number] for number in sorted(kept)])
            found[metric] = Points(metric, max(kept), run.seqs, run.steps, run.values, run.times_ms)
    return found


def series(
    *,
    job_id: int,
    metrics: list[str] | None = None,
    px: int | None = None,
    step_from: int | None = None,
    step_to: int | None = None,
) -> dict[str, Series]:
    """This will read curves (of all metrics when None is named) between two steps, both included.

    More than `px` points are thinned to first, last, lowest and highest of `px` equal ranges of steps, and
    the first of each kind of non-finite value: no spike is ever lost.
    """
    chunks = _chunks(job_id)
    if metrics is not None:
        chunks = chunks.filter(metric__in=metrics)
    if step_from is not None:
        chunks = chunks.filter(step_last__gte=step_from)
    if step_to is not None:
        chunks = chunks.filter(step_first__lte=step_to)
    masks = _first_steps(job_id)
    curves: dict[str, Series] = {}
    for metric, runs in _runs(chunks).items():
        kept = _masked(runs, masks.get(metric, {}))
        run = join([kept[number] for number in sorted(kept)])
        inside = np.ones(len(run), bool)
        if step_from is not None:
            inside &= run.steps >= step_from
        if step_to is not None:
            inside &= run.steps <= step_to
        run = run[inside]
        if len(run):
            last_seq = int(run.seqs.max())
            if px is not None and len(run) > px:
                run = run[thin(run.steps, run.values, buckets=px)]
            curves[metric] = Series(run.steps, run.values, last_seq)
    return curves


def metric_names(job_id: int) -> list[str]:
    """This will list the metrics of a job by name."""
    return list(
        MetricChunk.objects.filter(job_id=job_id)
        .order_by("metric")
        .values_list("metric", flat=True)
        .distinct()
    )


def latest_seq(job_id: int) -> int:
    """This will give the number of the newest thing recorded of a job, 0 when there is none."""
    return Job.objects.filter(pk=job_id).aggregate(seq=Max("cursor_seq"))["seq"] or 0


def _chunks(job_id: int) -> QuerySet[MetricChunk]:
    return MetricChunk.objects.filter(job_id=job_id)


def _runs(chunks: QuerySet[MetricChunk]) -> dict[str, dict[int, Run]]:
    """Read chunks as {metric: {attempt number: points}}, in one query: chunks are joined all the time."""
    parts: dict[str, dict[int, list[Run]]] = defaultdict(lambda: defaultdict(list))
    columns = ("metric", "attempt__number", "points", "step_first", "seq_first", "data")
    for metric, number, points, step_first, seq_first, data in chunks.order_by(
        "metric", "seq_first"
    ).values_list(*columns):
        parts[metric][number].append(unpack(data, points=points, step_first=step_first, seq_first=seq_first))
    return {
        metric: {number: join(runs) for number, runs in numbers.items()} for metric, numbers in parts.items()
    }


def _first_steps(job_id: int) -> dict[str, dict[int, int]]:
    """Read {metric: {attempt number: first step}}."""
    rows = (
        MetricChunk.objects.filter(job_id=job_id)
        .order_by()
        .values_list("metric", "attempt__number")
        .annotate(first=Min("step_first"))
    )
    firsts: dict[str, dict[int, int]] = defaultdict(dict)
    for metric, number, first in rows:
        firsts[metric][number] = first
    return firsts


def _masked(runs: dict[int, Run], firsts: dict[int, int]) -> dict[int, Run]:
    """Hide of each attempt the points that a later attempt has repeated; nothing is deleted."""
    kept = {}
    for number, run in runs.items():
        repeated_from = min((step for later, step in firsts.items() if later > number), default=None)
        visible = run if repeated_from is None else run[run.steps < repeated_from]
        if len(visible):
            kept[number] = visible
    return kept


def _between(run: Run, seq: int, end: int | None) -> Run:
    inside = run.seqs > seq
    return run[inside] if end is None else run[inside & (run.seqs < end)]
