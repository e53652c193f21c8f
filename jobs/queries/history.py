"""What the engine of a job said: events by number, points of metrics, curves for charts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Max, Min, QuerySet
from numpy.typing import NDArray

from jobs.chunks import Run, join, unpack
from jobs.models import Attempt, Event, Job, MetricChunk
from jobs.queries.curves import SYSTEM, Series, read_curves
from jobs.queries.integrity import integrity

__all__ = ["Points", "Series", "events_after", "integrity", "points_after", "series"]

REPEATED = ("evaluated", "weights")
"""Events that belong to a step, which a resumed attempt says again."""

_NAMES = """
WITH RECURSIVE name(metric) AS (
    (SELECT metric FROM jobs_metricchunk WHERE job_id = %(job)s ORDER BY metric LIMIT 1)
    UNION ALL
    SELECT (
        SELECT c.metric FROM jobs_metricchunk c
        WHERE c.job_id = %(job)s AND c.metric > name.metric ORDER BY c.metric LIMIT 1
    ) FROM name WHERE name.metric IS NOT NULL
)
SELECT metric FROM name WHERE metric IS NOT NULL
"""  # steps from name to name through the index: a long job has many thousand chunks of few metrics


@dataclass(frozen=True)
class Points:
    """Points of one metric in order of step; `attempt` is the newest attempt among them. Times in ms since 1970.

    Whoever appends them to points read before first drops those whose step is not below `steps[0]`: a
    resumed attempt repeats the steps after its checkpoint. Metrics of the system are in order of time instead,
    and nothing of them is dropped.
    """

    metric: str
    attempt: int
    seqs: NDArray[np.int64]
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    times_ms: NDArray[np.int64]


def events_after(*, job_id: int, seq: int, limit: int = 500) -> list[Event]:
    """This will list the events numbered above `seq`, oldest first."""
    return list(
        Event.objects.filter(job_id=job_id, seq__gt=seq).select_related("attempt").order_by("seq")[:limit]
    )


def warnings_of(job_id: int) -> list[str]:
    """This will list what the engine warned of, oldest first, each sentence once; void attempts left out."""
    said = Event.objects.filter(job_id=job_id, kind="warned", attempt__is_void=False).order_by("seq")
    return [str(text) for text in dict.fromkeys(said.values_list("payload__message", flat=True)) if text]


def masked_events(*, job: Job, events: Sequence[Event]) -> set[int]:
    """This will name the events, by their numbers, that a later attempt has said again, as points are masked.

    Of each kind (and split, and which parameters) those of a step not below the later attempt's first, and
    all of an attempt that is void.
    """
    asked = [event for event in events if event.kind in REPEATED and event.step is not None]
    if not asked or not Attempt.objects.filter(job=job, number__gt=asked[0].attempt.number).exists():
        return set()
    rows = (
        Event.objects.filter(job=job, kind__in=REPEATED, attempt__is_void=False)
        .order_by()
        .values_list("attempt__number", "kind", "payload__split", "payload__which")
        .annotate(first=Min("step"))
    )
    firsts = list(rows)
    return {event.seq for event in asked if event.attempt.is_void or _is_repeated(event, firsts)}


def _is_repeated(event: Event, firsts: list[Any]) -> bool:
    number = event.attempt.number
    said = (event.kind, event.payload.get("split"), event.payload.get("which"))
    later = [first for attempt, *same, first in firsts if attempt > number and tuple(same) == said]
    return any(first <= event.step for first in later)


def points_after(*, job_id: int, seq: int, limit_points: int = 20_000) -> dict[str, Points]:
    """This will read the points numbered above `seq` by metric, complete up to the highest seq returned.

    About `limit_points` in all; ask again from the highest seq until nothing comes.
    """
    chunks = MetricChunk.objects.filter(job_id=job_id, seq_last__gt=seq)
    # Chunks of different metrics overlap: only what lies before the first one left out is complete.
    sizes = sorted(
        (max(first, seq + 1), points)
        for first, points in chunks.order_by().values_list("seq_first", "points")
    )
    end, total = None, 0
    for index, (first, points) in enumerate(sizes):
        if total >= limit_points and first > sizes[index - 1][0]:
            end = first
            break
        total += points
    if end is not None:
        chunks = chunks.filter(seq_first__lt=end)
    attempts = {row.pk: row for row in Attempt.objects.filter(job_id=job_id)} if sizes else {}
    masks = _Masks(job_id, attempts)
    found: dict[str, Points] = {}
    for metric, runs in _runs(chunks).items():
        chosen = [(pk, masks.visible(metric, pk, _between(run, seq, end))) for pk, run in runs.items()]
        kept = [(attempts[pk], run) for pk, run in chosen if len(run)]
        if kept:
            run = join([run for _, run in kept])
            times = np.concatenate([run.times_ms + _ms(attempt) for attempt, run in kept])
            found[metric] = Points(metric, kept[-1][0].number, run.seqs, run.steps, run.values, times)
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
    found = read_curves(job_ids=[job_id], metrics=metrics, px=px, step_from=step_from, step_to=step_to)
    return {metric: curve for (_, metric), curve in found.items()}


def metric_names(job_id: int) -> list[str]:
    """This will list the metrics of a job by name."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"job": job_id})
        return [name for (name,) in cursor.fetchall()]


def latest_seq(job_id: int) -> int:
    """This will give the number of the newest thing recorded of a job, 0 when there is none."""
    return Job.objects.filter(pk=job_id).aggregate(seq=Max("cursor_seq"))["seq"] or 0


class _Masks:
    """From which step on a later attempt has repeated the points of an earlier one; nothing is deleted.

    Looked up only where points of an attempt that is not the newest are read.
    """

    def __init__(self, job_id: int, attempts: dict[int, Attempt]) -> None:
        self._job_id = job_id
        self._attempts = attempts
        self._newest = max((row.number for row in attempts.values()), default=0)
        self._firsts: dict[str, dict[int, int]] | None = None

    def visible(self, metric: str, attempt_id: int, run: Run) -> Run:
        """This will give what of a run is to be seen."""
        attempt = self._attempts[attempt_id]
        number = attempt.number
        if metric.startswith(SYSTEM) or not len(run):
            return run
        if attempt.is_void:
            return run[:0]
        if number == self._newest:
            return run
        if self._firsts is None:
            self._firsts = self._read()
        later = [step for other, step in self._firsts.get(metric, {}).items() if other > number]
        return run[run.steps < min(later)] if later else run

    def _read(self) -> dict[str, dict[int, int]]:
        rows = (
            MetricChunk.objects.filter(job_id=self._job_id)
            .order_by()
            .values_list("metric", "attempt_id")
            .annotate(first=Min("step_first"))
        )
        firsts: dict[str, dict[int, int]] = defaultdict(dict)
        for metric, attempt_id, first in rows:
            if attempt_id in self._attempts and not self._attempts[attempt_id].is_void:
                firsts[metric][self._attempts[attempt_id].number] = first
        return firsts


def _runs(chunks: QuerySet[MetricChunk]) -> dict[str, dict[int, Run]]:
    """Read chunks as {metric: {attempt: points}}, in one query: chunks are joined all the time."""
    parts: dict[str, dict[int, list[Run]]] = defaultdict(lambda: defaultdict(list))
    columns = ("metric", "attempt_id", "layout", "points", "step_first", "seq_first", "data")
    rows = chunks.order_by("metric", "seq_first").values_list(*columns)
    for metric, attempt_id, layout, points, step_first, seq_first, data in rows:
        run = unpack(data, layout=layout, points=points, step_first=step_first, seq_first=seq_first)
        parts[metric][attempt_id].append(run)
    return {metric: {pk: join(runs) for pk, runs in numbers.items()} for metric, numbers in parts.items()}


def _between(run: Run, seq: int, end: int | None) -> Run:
    inside = run.seqs > seq
    return run[inside] if end is None else run[inside & (run.seqs < end)]


def _ms(attempt: Attempt) -> int:
    return int(attempt.started_at.timestamp() * 1000)
