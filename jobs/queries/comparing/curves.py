"""Which curves jobs have, and their teachers' weights over training on one scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from jobs.queries.curves import Series, read_curves
from jobs.queries.thinning import buckets_of

WEIGHT = "weight/"

_NAMES = """
WITH RECURSIVE name(job_id, metric) AS (
    SELECT given.id, first.metric FROM unnest(%(jobs)s::bigint[]) AS given(id)
    CROSS JOIN LATERAL (
        SELECT metric FROM jobs_metricchunk WHERE job_id = given.id ORDER BY metric LIMIT 1
    ) first
    UNION ALL
    SELECT name.job_id, (
        SELECT c.metric FROM jobs_metricchunk c
        WHERE c.job_id = name.job_id AND c.metric > name.metric ORDER BY c.metric LIMIT 1
    ) FROM name WHERE name.metric IS NOT NULL
)
SELECT DISTINCT metric FROM name WHERE metric IS NOT NULL ORDER BY metric
"""  # steps from name to name through the index, however many chunks there are


@dataclass(frozen=True)
class Weights:
    """The mean weight of each teacher, `values[t][s]` of `teachers[t]` at `steps[s]`; None where it is not known."""

    teachers: list[str]
    steps: list[int]
    values: list[list[float | None]]


def curve_names(job_ids: Sequence[int]) -> list[str]:
    """This will list the metrics that any of the jobs has points of, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"jobs": list(job_ids)})
        return [name for (name,) in cursor.fetchall()]


def weights_of(teachers: Mapping[int, Sequence[str]], *, columns: int) -> dict[int, Weights]:
    """This will read the weights of each job's teachers at no more than `columns` steps, in one query.

    Of more points, the last one in each of as many equal ranges of steps is taken. Jobs without any are left out.
    """
    names = {name for given in teachers.values() for name in given}
    if not names:
        return {}
    curves = read_curves(job_ids=list(teachers), metrics=[WEIGHT + name for name in names], px=columns)
    found = {}
    for job, given in teachers.items():
        own = {
            name: _lasts(curves[job, WEIGHT + name], columns)
            for name in given
            if (job, WEIGHT + name) in curves
        }
        if own:
            steps = sorted({step for points in own.values() for step in points})
            rows = [[own.get(name, {}).get(step) for step in steps] for name in given]
            found[job] = Weights(list(given), steps, rows)
    return found


def _lasts(curve: Series, columns: int) -> dict[int, float | None]:
    steps, values = curve.steps.tolist(), curve.values.tolist()
    points = {
        step: value if math.isfinite(value) else None for step, value in zip(steps, values, strict=True)
    }
    if len(points) <= columns:
        return points
    bucket = buckets_of(curve.steps, buckets=columns)
    lasts = dict(zip(bucket.tolist(), steps, strict=True))
    return {step: points[step] for step in lasts.values()}
