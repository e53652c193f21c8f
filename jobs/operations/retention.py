"""What is kept for how long, once a job has ended."""

from __future__ import annotations

import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField as DateTime
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat, Now

from jobs.models import (
    FINAL,
    REGISTRATION_FINAL,
    Artifact,
    Baseline,
    Job,
    LogChunk,
    Registration,
    Teacher,
)
from jobs.operations.checkpoints import remove_old_checkpoints
from jobs.operations.deletion import remove_deleted
from jobs.operations.locks import Lock, hold

LOGS_AT_ONCE = 5_000
LONGEST_SECONDS = 60.0


def sweep_database() -> int:
    """This will remove what was kept long enough, and rows of deleted jobs, and return about how much that was.

    It goes on for a minute at the most: what one round leaves, the next takes. Raises StorageError when the
    storage is away.
    """
    began, removed = time.monotonic(), expire_jobs()
    for step in (remove_deleted, remove_old_logs, remove_old_checkpoints):
        while (gone := step()) and time.monotonic() - began < LONGEST_SECONDS:
            removed += gone
        removed += gone
    return removed


@transaction.atomic
def expire_jobs() -> int:
    """This will delete jobs that ended longer ago than their project keeps them, and return how many.

    Jobs whose student has become a teacher stay, and so do those whose student is becoming one, and baselines.
    """
    hold(Lock.REGISTRATION)  # no student is promoted between the look and the deletion
    kept = ExpressionWrapper(F("project__keep_days") * Value(timedelta(days=1)), output_field=DateTime())
    promoted = Teacher.objects.filter(from_job=OuterRef("pk"))
    promoting = Registration.objects.filter(from_job=OuterRef("pk")).exclude(state__in=REGISTRATION_FINAL)
    old = Job.objects.filter(
        ~Exists(promoted),
        ~Exists(promoting),
        ~Exists(Baseline.objects.filter(job=OuterRef("pk"))),
        state__in=FINAL,
        deleted_at__isnull=True,
        project__keep_days__isnull=False,
        finished_at__lt=Now() - kept,
    )
    ids = list(old.values_list("pk", flat=True)[:1000])
    return Job.objects.filter(pk__in=ids, state__in=FINAL, deleted_at__isnull=True).update(deleted_at=Now())


def remove_old_logs() -> int:
    """This will remove lines of attempts whose whole log is an artifact, CHECKPOINT_DAYS after their job ended."""
    name = Concat(
        Value("engine-"),
        Cast(OuterRef("attempt__number"), TextField()),
        Value(".log"),
        output_field=TextField(),
    )
    whole = Artifact.objects.filter(job=OuterRef("job"), name=name)
    old = LogChunk.objects.filter(
        Exists(whole),
        job__state__in=FINAL,
        job__finished_at__lt=Now() - timedelta(days=settings.CHECKPOINT_DAYS),
    )
    gone, _ = LogChunk.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:LOGS_AT_ONCE])).delete()
    return gone
