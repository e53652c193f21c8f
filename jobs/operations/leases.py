"""The reaper: jobs whose worker has fallen silent go back to their queue."""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from jobs.engine.log import last_lines
from jobs.models import ACTIVE, Attempt, Job, Registration, RegistrationState
from jobs.operations.claims import database_has_been_up_for_a_lease
from jobs.operations.endings import lose_locked
from jobs.operations.intake_endings import give_up_waiting
from jobs.operations.intake_endings import lose_locked as lose_registration

_log = logging.getLogger(__name__)
_SILENT = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())


@transaction.atomic
def reap() -> int:
    """This will count as lost every active job whose lease is over or missing, and return how many.

    Times are the database's own. After the database started nothing is reaped for one lease, so that every
    worker can report first.
    """
    if not database_has_been_up_for_a_lease():
        return 0
    jobs = Job.objects.select_for_update(skip_locked=True).filter(_SILENT, state__in=ACTIVE)
    for job in jobs:
        lose_locked(job, reason=_reason(job.attempts.order_by("-number").first()))
        _log.warning("Job %s was lost: its worker has fallen silent.", job.pk)
    return len(jobs)


@transaction.atomic
def reap_registrations() -> int:
    """This will do with registrations what `reap` does with jobs."""
    if not database_has_been_up_for_a_lease():
        return 0
    rows = Registration.objects.select_for_update(skip_locked=True)
    rows = rows.filter(_SILENT, state=RegistrationState.CHECKING)
    for row in rows:
        lose_registration(row, reason=_silence(row.worker))
        _log.warning("Registration %s was lost: its worker has fallen silent.", row.pk)
    return len(rows)


@transaction.atomic
def end_waiting() -> int:
    """This will cancel the registrations whose decision has not come in time, and return how many."""
    rows = Registration.objects.select_for_update(skip_locked=True)
    rows = rows.filter(lease_until__lt=Now(), state=RegistrationState.WAITING)
    for row in rows:
        give_up_waiting(row)
    return len(rows)


def _reason(attempt: Attempt | None) -> str:
    if attempt is None:
        return "no worker had it."
    sentence = _silence(attempt.worker)
    lines = last_lines(Path(attempt.folder))
    return f"{sentence} The last lines of the engine: {lines}" if lines else sentence


def _silence(worker: str) -> str:
    return (
        f"worker {worker} was not heard of for more than {settings.LEASE_SECONDS:g} s; "
        "its process or its machine is gone."
    )
