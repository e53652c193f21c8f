"""What an administrator sets about a project."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from jobs.doorbell import ring
from jobs.models import Job, Project, State, User
from jobs.operations.errors import UnableToChange
from jobs.operations.unchanged import UNCHANGED, Unchanged

MOST_JOBS = 1000
LONGEST_DAYS = 36_500


@transaction.atomic
def change_project(
    *,
    project: Project,
    user: User,
    job_limit: int | Unchanged | None = UNCHANGED,
    keep_days: int | Unchanged | None = UNCHANGED,
) -> Project:
    """This will set how many jobs of a project run at the same time, and how many days ended ones are kept.

    None takes a limit away; a job limit of 0 lets nothing begin, what runs goes on. Raises UnableToChange.
    """
    del user  # who may is the caller's question
    given = {"job_limit": (job_limit, 0, MOST_JOBS), "keep_days": (keep_days, 1, LONGEST_DAYS)}
    fields = {
        name: f"given {value!r}, accepted is a whole number from {low} to {high}, or nothing for no limit."
        for name, (value, low, high) in given.items()
        if not isinstance(value, Unchanged) and not _fits(value, low, high)
    }
    if fields:
        raise UnableToChange(" ".join(f"{name}: {text}" for name, text in fields.items()), fields=fields)
    changes = {name: value for name, (value, _, _) in given.items() if not isinstance(value, Unchanged)}
    if changes:
        Project.objects.filter(pk=project.pk).update(**changes)
    if "job_limit" in changes:
        _ring_for_waiting(project)
    project.refresh_from_db()
    return project


def _fits(value: int | None, low: int, high: int) -> bool:
    if value is None:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _ring_for_waiting(project: Project) -> None:
    waiting = Job.objects.filter(project=project, state=State.QUEUED, deleted_at__isnull=True)
    for queue in waiting.order_by().values_list("queue", flat=True).distinct():
        transaction.on_commit(partial(ring, queue), robust=True)
