"""One metric of many jobs, for comparing them."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.queries.curves import Series, read_curves

MOST_JOBS = 100


def overlay(
    *,
    job_ids: Sequence[int],
    metric: str,
    px: int | None = None,
    step_from: int | None = None,
    step_to: int | None = None,
) -> dict[int, Series]:
    """This will read one metric of at most 100 jobs in one query; jobs without it are left out."""
    assert len(job_ids) <= MOST_JOBS
    found = read_curves(job_ids=job_ids, metrics=[metric], px=px, step_from=step_from, step_to=step_to)
    return {job_id: curve for (job_id, _), curve in found.items()}
