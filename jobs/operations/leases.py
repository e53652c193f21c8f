"""The reaper: jobs whose worker has fallen silent go back to their queue."""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from jobs.enginelog import last_lines
from jobs.models import ACTIVE, Attempt, Job
from jobs.operations.claims import database_has_been_up_for_a_lease
from jobs.operations.endings import lose_locked

_log = logging.getLogger(__name__)


@transaction.atomic
def reap() -> int:
    """This will count as lost every active job whose lease is over or missing, and return how many.

    Times are the database's own. After the database started nothing is reaped for one lease, so that every
    worker can report first.
    """
    if not database_has_been_up_for_a_lease():
        return 0
    silent = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    jobs = Job.objects.select_for_update(skip_locked=True).filter(silent, state__in=ACTIVE)
    for job in jobs:
        lose_locked(job, reason=_reason(job.attempts.order_by("-number").first()))
        _log.warning("Job %s was lost: its worker has fallen silent.", job.pk)
    return len(jobs)


def _reason(attempt: Attempt | None) -> str:
    if attempt is None:
        return "no worker had it."
    sentence = (
        f"worker {attempt.worker} was not heard of for more than {settings.LEASE_SECONDS:g} s; "
        "its process or its machine is gone."
    )
    lines = last_lines(Path(attempt.folder))
    return f"{sentence} The last lines of the engine: {lines}" if lines else sentence
