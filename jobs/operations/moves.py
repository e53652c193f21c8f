"""The one way in which a person's wish changes the row of a job: locked, compared, announced."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from jobs.doorbell import ring
from jobs.models import Attempt, Job, Outcome
from jobs.notify import notify
from jobs.operations.errors import UnableTo
from jobs.operations.metrics import seal


def locked(job: Job, *, refusal: type[UnableTo]) -> Job:
    """This will read the job's row anew and keep it from changing until the present transaction ends.

    Whatever the caller had read before may be old. A job that was deleted meanwhile raises `refusal`.
    """
    row = Job.objects.select_for_update().filter(pk=job.pk, deleted_at__isnull=True).first()
    if row is None:
        raise refusal(f"Job {job.pk} was deleted.")
    return row


def move(row: Job, **changes: object) -> Job:
    """This will change a locked row and tell all listeners; it returns the row as it is then.

    The comparison cannot fail while the lock is held; it is here so that no mistake in locking goes unseen.
    """
    changed = Job.objects.filter(pk=row.pk, state=row.state, fence=row.fence).update(**changes)
    assert changed == 1, f"job {row.pk} changed although its row was locked"
    notify(job_id=row.pk)
    row.refresh_from_db()
    return row


def ring_for(row: Job) -> None:
    """This will wake a worker of the job's queue as soon as the transaction has been kept."""
    transaction.on_commit(partial(ring, row.queue), robust=True)


def close_elsewhere(row: Job, *, reason: str) -> None:
    """This will end the attempt of a job trained elsewhere, which no worker would end."""
    for attempt in row.attempts.filter(ended_at__isnull=True):
        seal(attempt_id=attempt.pk)
        Attempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.CANCELLED, reason=reason, ended_at=Now())
