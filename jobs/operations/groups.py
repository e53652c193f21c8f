"""Submitting and cancelling jobs that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from jobs import storable
from jobs.models import FINAL, Group, Job, Project, User
from jobs.operations.errors import UnableToCancel, UnableToSubmit
from jobs.operations.jobs import request_cancel, submit
from mtkd_engine.spec import expand


@transaction.atomic
def submit_group(
    *,
    project: Project,
    user: User,
    document: Mapping[str, Any],
    queue: str = "cpu",
    priority: int = 0,
    deadline: datetime | None = None,
) -> Group:
    """This will submit all jobs of a group document, or none; queue, priority and deadline hold for each of them.

    Raises SpecError for a document that is none, UnableToSubmit for jobs that do not fit the project; the paths of
    both name the entry of the document ("ablate.2.change.data.dataset").
    """
    expanded = expand(document)
    group = Group.objects.create(
        project=project, name=expanded.name, document=storable.data(dict(document)), submitted_by=user
    )
    for cell, _, spec in expanded.cells:
        try:
            submit(
                project=project,
                user=user,
                spec=spec,
                queue=queue,
                priority=priority,
                deadline=deadline,
                group=group,
            )
        except UnableToSubmit as refusal:
            raise refused_at(expanded.places[cell], refusal) from None
    return group


@transaction.atomic
def cancel_group(*, group: Group, user: User) -> int:
    """This will cancel the jobs of a group that have not ended and return how many there were.

    Raises UnableToCancel when all have.
    """
    jobs = Job.objects.select_for_update().filter(group=group, deleted_at__isnull=True)
    still = [job for job in jobs.order_by("pk") if job.state not in FINAL]
    if not still:
        raise UnableToCancel(f"All jobs of group {group.pk} have ended already.")
    for job in still:
        request_cancel(job=job, user=user)
    group.refresh_from_db(fields=("gates", "gate_outcome"))
    return len(still)


def refused_at(place: str, refusal: UnableToSubmit) -> UnableToSubmit:
    """This will say the refusal of a cell by the path of its entry in the group's document."""
    fields = {_path(place, path): text for path, text in refusal.fields.items()}
    message = " ".join(f"{path}: {text}" for path, text in fields.items())
    return UnableToSubmit(message, fields=fields)


def _path(place: str, path: str) -> str:
    return ".".join(part for part in (place, path) if part)
