"""The lines that jobs wait in: what is going on in each, and why each job waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush

from django.db.models import Count, QuerySet
from django.utils import timezone

from jobs.models import ACTIVE, Job, Project, Queue, State
from jobs.queries.turns import NOTHING, Share, Waiting, at_limit, shares_of_projects, startable, turn, waiting
from jobs.queries.workers import list_workers

DEFAULT_QUEUES = ("cpu", "gpu")
INTAKE = "intake"
"""The queue of registrations, which takes no jobs."""
_LATER = 2**62  # than any attempt there is


@dataclass(frozen=True, kw_only=True)
class Line:
    """A queue as it is now; `served_at` is when a worker was last there, `draining` those that take nothing new."""

    name: str
    workers: int
    draining: int
    busy: int
    waiting: int
    running: int
    served_at: datetime | None


@dataclass(kw_only=True)
class _Staff:
    """The workers of a queue that are alive."""

    alive: int = 0
    draining: int = 0
    busy: int = 0


def known_queues() -> list[str]:
    """This will list the queues that a job may wait in: the usual ones, and all that were ever served."""
    served = Queue.objects.exclude(name=INTAKE).values_list("name", flat=True)
    return sorted({*DEFAULT_QUEUES, *served})


def overview() -> list[Line]:
    """This will describe each known queue, and each that jobs wait in."""
    served = dict(Queue.objects.values_list("name", "served_at"))
    waits = _by_queue(Job.objects.filter(state=State.QUEUED, deleted_at__isnull=True))
    runs = _by_queue(Job.objects.filter(state__in=ACTIVE, elsewhere=False))
    staff = _staff()
    return [
        Line(
            name=name,
            workers=here.alive,
            draining=here.draining,
            busy=here.busy,
            waiting=waits.get(name, 0),
            running=runs.get(name, 0),
            served_at=served.get(name),
        )
        for name in sorted({*known_queues(), *waits, *runs})
        for here in (staff.get(name, _Staff()),)
    ]


def list_waiting(*, projects: QuerySet[Project], queue: str | None = None, limit: int = 200) -> list[Job]:
    """This will list the jobs of some projects that wait, those that wait the longest first."""
    found = Job.objects.select_related("project", "dataset", "submitted_by")
    found = found.filter(project__in=projects, state=State.QUEUED, deleted_at__isnull=True)
    found = found if queue is None else found.filter(queue=queue)
    return list(found.order_by("queued_at", "pk")[:limit])


def why_waiting(jobs: Sequence[Job] | Job) -> dict[int, str]:
    """This will say for each of the jobs that is queued why it has not begun, by its id.

    It costs a handful of questions to the database, however many jobs there are.
    """
    asked = [jobs] if isinstance(jobs, Job) else jobs
    queued = [job for job in asked if job.state == State.QUEUED and job.deleted_at is None]
    if not queued:
        return {}
    queues = {job.queue for job in queued}
    shares, staff = shares_of_projects(), _staff()
    served = dict(Queue.objects.filter(name__in=queues).values_list("name", "served_at"))
    reasons: dict[int, str] = {}
    for queue in sorted(queues):
        here = staff.get(queue, _Staff())
        standstill = _standstill(queue, here, served.get(queue))
        said = {} if standstill else _in_line(queue, here, shares)
        for job in queued:
            if job.queue == queue:
                reasons[job.pk] = standstill or said.get(job.pk) or _not_in_line(job)
    return reasons


def _not_in_line(job: Job) -> str:
    """Overdue jobs do not begin; any other one that is not in line was taken this moment."""
    overdue = job.deadline_at is not None and job.deadline_at <= timezone.now()
    return "its deadline has passed" if overdue else "next"


def _standstill(queue: str, here: _Staff, served_at: datetime | None) -> str | None:
    """Why nothing at all of a queue begins."""
    if not here.alive:
        since = f"since {_clock(served_at)}" if served_at else "and none ever did"
        return f"no worker serves queue {queue} {since}"
    if here.draining == here.alive:
        all_of_them = "the only worker" if here.alive == 1 else f"all {here.alive} workers"
        return f"{all_of_them} of queue {queue} {'is' if here.alive == 1 else 'are'} draining"
    return None


def _in_line(queue: str, here: _Staff, shares: dict[int, Share]) -> dict[int, str]:
    """What each startable job of a queue waits for, where workers take jobs from it."""
    line = waiting(startable(queue))
    held_up = [job for job in line if at_limit(job, shares)]
    stopped = {job.job_id for job in held_up}
    ahead = _places([job for job in line if job.job_id not in stopped], shares)
    busy = here.busy + here.draining >= here.alive
    first = f"next; the workers of queue {queue} are busy" if busy else "next"
    said = {job_id: f"{place} ahead" if place else first for job_id, place in ahead.items()}
    for job in held_up:
        running = shares.get(job.project_id, NOTHING).active
        said[job.job_id] = f"its project runs {running} of at most {job.limit} jobs"
    return said


def _places(line: Sequence[Waiting], shares: dict[int, Share]) -> dict[int, int]:
    """How many jobs begin before each one, if from now on one after the other began and none came or ended."""
    of_project: dict[int, list[Waiting]] = {}
    for job in sorted(line, key=lambda job: (job.priority, -job.job_id)):
        of_project.setdefault(job.project_id, []).append(job)
    had = {project: shares.get(project, NOTHING) for project in of_project}
    projects = {job.job_id: job.project_id for job in line}
    turns = [turn(jobs[-1], had) for jobs in of_project.values()]
    heapify(turns)
    places: dict[int, int] = {}
    while turns:
        project = projects[heappop(turns)[-1]]
        places[of_project[project].pop().job_id] = len(places)
        had[project] = Share(had[project].active + 1, _LATER + len(places))
        if of_project[project]:
            heappush(turns, turn(of_project[project][-1], had))
    return places


def _staff() -> dict[str, _Staff]:
    """The living workers by queue; one that serves two queues counts in both."""
    found: dict[str, _Staff] = {}
    for worker in list_workers():
        for queue in worker.row.queues if worker.is_alive else ():
            here = found.setdefault(queue, _Staff())
            here.alive += 1
            here.draining += worker.state in {"draining", "drained"}
            here.busy += worker.state == "busy"
    return found


def _by_queue(jobs: QuerySet[Job]) -> dict[str, int]:
    return dict(jobs.order_by().values_list("queue").annotate(count=Count("pk")))


def _clock(at: datetime) -> str:
    here, now = at.astimezone(UTC), timezone.now().astimezone(UTC)
    return f"{here:%H:%M}" + (" UTC" if here.date() == now.date() else f" UTC on {here:%Y-%m-%d}")
