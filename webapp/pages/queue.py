"""Whose turn it is: what waits in each queue and why, and what runs."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.models import ACTIVE, Attempt, Job, Project
from jobs.queries.access import projects_of
from jobs.queries.queues import Line, list_waiting, overview, why_waiting
from webapp.access import user_of

AHEAD = re.compile(r"(\d+) ahead")
LAST = 2**31
MOST = 200


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A queue with its jobs of the asker's projects; of the others only their number is told."""

    line: Line
    waiting: list[tuple[Job, str]]
    running: list[Attempt]
    is_cut: bool
    """Whether more of the asker's own jobs wait than are shown."""

    @property
    def waiting_unseen(self) -> int:
        """How many more jobs wait."""
        return max(0, self.line.waiting - len(self.waiting))

    @property
    def running_unseen(self) -> int:
        """How many more jobs run."""
        return max(0, self.line.running - len(self.running))


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """This will show every queue; with `?part=list` only what changes, for a page that is open."""
    template = "queues/_list.html" if request.GET.get("part") == "list" else "queues/queue.html"
    return render(request, template, {"queues": _queues(request)})


def _queues(request: HttpRequest) -> list[Shown]:
    projects = projects_of(user_of(request))
    jobs, running = list_waiting(projects=projects, limit=MOST), _running(projects)
    waiting = _in_order(jobs)
    return [
        Shown(
            line=line,
            waiting=waiting.get(line.name, []),
            running=running.get(line.name, []),
            is_cut=len(jobs) == MOST,
        )
        for line in overview()
    ]


def _in_order(jobs: list[Job]) -> dict[str, list[tuple[Job, str]]]:
    reasons = why_waiting(jobs)
    found: dict[str, list[tuple[Job, str]]] = defaultdict(list)
    for job in sorted(jobs, key=lambda job: _place(job, reasons.get(job.pk, ""))):
        found[job.queue].append((job, reasons.get(job.pk, "")))
    return found


def _place(job: Job, reason: str) -> tuple[int, int, int]:
    """Those that begin come first, in the order in which they will; then those that something holds up."""
    ahead = AHEAD.match(reason)
    place = int(ahead[1]) if ahead else 0 if reason.startswith("next") else LAST
    return (place, -job.priority, job.pk)


def _running(projects: QuerySet[Project]) -> dict[str, list[Attempt]]:
    held = Attempt.objects.select_related("job__project").filter(fence=F("job__fence"), ended_at=None)
    held = held.filter(job__state__in=ACTIVE, job__elsewhere=False, job__project__in=projects)
    found: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in held.order_by("started_at"):
        found[attempt.job.queue].append(attempt)
    return found
