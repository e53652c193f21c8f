"""Taking the job whose turn it is; `jobs.queries.turns` says what decides."""

from __future__ import annotations

from jobs.models import Job
from jobs.queries.turns import Share, Waiting, at_limit, shares_of_projects, startable, turn, waiting


def next_of(queue: str) -> Job | None:
    """This will return the job whose turn it is, its row locked, or None when none may start.

    To be called under the lock CLAIM, so that the shares stay true until the job is taken. A job that somebody
    else has locked just now (to cancel it, say) is passed over.
    """
    shares, passed = shares_of_projects(), list[int]()
    while best := min(_firsts(queue, shares, passed), key=lambda job: turn(job, shares), default=None):
        found = startable(queue).select_for_update(skip_locked=True).filter(pk=best.job_id).first()
        if found is not None:
            return found
        passed.append(best.job_id)
    return None


def _firsts(queue: str, shares: dict[int, Share], passed: list[int]) -> list[Waiting]:
    """The first job of each project that is below its limit."""
    jobs = startable(queue).exclude(pk__in=passed)
    firsts = jobs.order_by("project_id", "-priority", "pk").distinct("project_id")
    return [job for job in waiting(firsts) if not at_limit(job, shares)]
