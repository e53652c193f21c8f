"""What the engine of a job said: events by number, points of metrics, curves for charts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.models import Event


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
    raise NotImplementedError


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
    raise NotImplementedError


def metric_names(job_id: int) -> list[str]:
    """This will list the metrics of a job by name."""
    raise NotImplementedError


def latest_seq(job_id: int) -> int:
    """This will give the number of the newest thing recorded of a job, 0 when there is none."""
    raise NotImplementedError
