"""Points of metrics into chunks; always inside the transaction of the caller."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db.models import Count, Sum

from jobs.chunks import LAYOUT, Run, join, pack, unpack
from jobs.models import MetricChunk
from jobs.summaries import summarise

MOST_OPEN_ROWS = 32  # open chunks of one metric before they are joined: bounds what a reader has to visit


@dataclass
class _Open:
    rows: int = 0
    points: int = 0


class MetricWriter:
    """Appends points of one attempt as open chunks and joins them: sealed at full size."""

    def __init__(self, *, job_id: int, attempt_id: int) -> None:
        self._job_id = job_id
        self._attempt_id = attempt_id
        self._open: dict[str, _Open] | None = None

    def forget(self) -> None:
        """This will make the next write look again at what is open; call it when a transaction failed."""
        self._open = None

    def write(self, runs: dict[str, Run]) -> None:
        """This will store one run for each metric, all later than what was written before."""
        known = self._known()
        fresh: list[MetricChunk] = []
        for metric, points in runs.items():
            run = points
            held = known.setdefault(metric, _Open())
            if held.points + len(run) >= settings.METRIC_CHUNK_POINTS or held.rows >= MOST_OPEN_ROWS:
                run = join([*_take_open(self._attempt_id, metric), points])
                held.rows = held.points = 0
            for part, full in _cut(run, settings.METRIC_CHUNK_POINTS):
                fresh.append(_chunk(self._job_id, self._attempt_id, metric, part, sealed=full))
                if not full:
                    held.rows, held.points = held.rows + 1, held.points + len(part)
        MetricChunk.objects.bulk_create(fresh)

    def _known(self) -> dict[str, _Open]:
        if self._open is None:
            rows = (
                MetricChunk.objects.filter(attempt_id=self._attempt_id, sealed=False)
                .order_by()
                .values_list("metric")
                .annotate(rows=Count("pk"), held=Sum("points"))
            )
            self._open = {metric: _Open(rows=count, points=points) for metric, count, points in rows}
        return self._open


def seal(*, attempt_id: int) -> None:
    """This will join what is open of an attempt that gets no more points; the caller holds its job's row."""
    chunks = MetricChunk.objects.filter(attempt_id=attempt_id, sealed=False)
    for job_id, metric in chunks.order_by("metric").values_list("job_id", "metric").distinct():
        run = join(_take_open(attempt_id, metric))
        MetricChunk.objects.bulk_create([_chunk(job_id, attempt_id, metric, run, sealed=True)])


def read_chunk(chunk: MetricChunk) -> Run:
    """This will read the points of a chunk."""
    return unpack(
        chunk.data,
        layout=chunk.layout,
        points=chunk.points,
        step_first=chunk.step_first,
        seq_first=chunk.seq_first,
    )


def _take_open(attempt_id: int, metric: str) -> list[Run]:
    rows = list(
        MetricChunk.objects.filter(attempt_id=attempt_id, metric=metric, sealed=False).order_by("seq_first")
    )
    gone, _ = MetricChunk.objects.filter(pk__in=[row.pk for row in rows]).delete()
    assert gone == len(rows), f"open chunks of {metric!r} were joined by somebody else at the same time"
    return [read_chunk(row) for row in rows]


def _cut(run: Run, size: int) -> list[tuple[Run, bool]]:
    full = len(run) // size
    parts = [(run[index * size : (index + 1) * size], True) for index in range(full)]
    return [*parts, (run[full * size :], False)] if len(run) % size else parts


def _chunk(job_id: int, attempt_id: int, metric: str, run: Run, *, sealed: bool) -> MetricChunk:
    assert np.all(run.seqs[1:] > run.seqs[:-1]), f"points of {metric!r} come twice"
    lowest, highest = run.extremes()
    return MetricChunk(
        job_id=job_id,
        attempt_id=attempt_id,
        metric=metric,
        seq_first=int(run.seqs[0]),
        seq_last=int(run.seqs[-1]),
        step_first=int(run.steps.min()),
        step_last=int(run.steps.max()),
        points=len(run),
        minimum=lowest,
        maximum=highest,
        sealed=sealed,
        layout=LAYOUT,
        summary=summarise(run) if sealed else None,
        data=pack(run),
    )
