"""What decides whose turn it is in a queue: priority, then fair share between projects, then age.

Fair means: the project with the fewest active jobs goes first, and among those with equally many the one whose
last job was taken the longest ago, so that a thousand jobs of one project do not keep a single worker from
the one job of another. A project at its limit is passed over and the others go on.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Now

from jobs.models import ACTIVE, Attempt, Job, State

_REMEMBERED = 500
"""How many attempts back it is known which project was served; looking further would cost every claim."""


class Share(NamedTuple):
    """What a project has had: its active jobs, and its newest attempt (0: none of late)."""

    active: int
    served: int


NOTHING = Share(0, 0)


class Waiting(NamedTuple):
    """A job that waits, with what its turn depends on."""

    job_id: int
    project_id: int
    priority: int
    limit: int | None


def startable(queue: str) -> QuerySet[Job]:
    """This will select the jobs of a queue that may start, whatever their projects run already."""
    in_time = Q(deadline_at__isnull=True) | Q(deadline_at__gt=Now())
    return Job.objects.filter(in_time, state=State.QUEUED, queue=queue, deleted_at__isnull=True)


def shares_of_projects() -> dict[int, Share]:
    """This will tell what each project has had; projects that are missing have had nothing of late."""
    counted = Job.objects.filter(state__in=ACTIVE, elsewhere=False).order_by().values_list("project_id")
    active = dict(counted.annotate(count=Count("pk")))
    lately = Attempt.objects.order_by("-pk").values("pk")[:_REMEMBERED]
    taken = Attempt.objects.filter(pk__in=lately).order_by().values_list("job__project_id")
    served = dict(taken.annotate(last=Max("pk")))
    return {project: Share(active.get(project, 0), served.get(project, 0)) for project in {*active, *served}}


def turn(job: Waiting, shares: dict[int, Share]) -> tuple[int, Share, int]:
    """This will give what jobs are sorted by: the least one is next."""
    return (-job.priority, shares.get(job.project_id, NOTHING), job.job_id)


def at_limit(job: Waiting, shares: dict[int, Share]) -> bool:
    """This will tell whether the job's project runs as many jobs as it may."""
    return job.limit is not None and shares.get(job.project_id, NOTHING).active >= job.limit


def waiting(jobs: QuerySet[Job]) -> list[Waiting]:
    """This will read what the turns of some jobs depend on."""
    return [
        Waiting(*row) for row in jobs.values_list("pk", "project_id", "priority", F("project__job_limit"))
    ]
