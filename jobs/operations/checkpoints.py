"""Checkpoints in the storage: from them a job goes on where nothing of its last worker is left."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from jobs.models import Attempt, Blob, Checkpoint, Event, Job, State
from jobs.operations.blobs import release
from jobs.operations.claims import Claim, FencedOutError, held

KEPT = 2
CHECKPOINTED = "checkpointed"


@transaction.atomic
def publish_checkpoint(*, claim: Claim, event: Event, blob: Blob) -> list[Blob]:
    """This will note a stored checkpoint of an attempt and forget all but the newest two of its job.

    `event` is the recorded one that told of it. Returns the contents that are no longer needed, for `release`.
    Raises FencedOutError when the job is another's: then nothing is noted.
    """
    assert event.kind == CHECKPOINTED
    assert event.attempt_id == claim.attempt_id
    if held(claim).select_for_update().first() is None:
        raise FencedOutError
    Checkpoint.objects.update_or_create(
        job_id=claim.job_id,
        seq=event.seq,
        defaults={
            "attempt_id": claim.attempt_id,
            "step": event.step or 0,
            "path": event.payload["path"],
            "blob": blob,
        },
    )
    old = Checkpoint.objects.filter(job_id=claim.job_id).order_by("-seq")[KEPT:]
    return _forget(list(old.select_related("blob")))


@transaction.atomic
def go_on_from(*, claim: Claim, number: int) -> None:
    """This will note that an attempt goes on from a checkpoint of attempt `number`.

    Attempts between the two, which came less far, are void: their points would lie across the curve that goes
    on. Raises FencedOutError when the job is another's.
    """
    if held(claim).select_for_update().first() is None:
        raise FencedOutError
    between = Attempt.objects.filter(job_id=claim.job_id, number__gt=number, number__lt=claim.number)
    between.filter(is_void=False).update(is_void=True)


def newest_for(job: Job) -> Checkpoint | None:
    """This will give the newest published checkpoint that the job may go on from."""
    usable = Checkpoint.objects.filter(job=job, attempt__is_void=False)
    return usable.select_related("attempt", "blob").order_by("-seq").first()


def remove_old_checkpoints() -> int:
    """This will remove the checkpoints of jobs that ended well, and of others CHECKPOINT_DAYS after their end.

    Paused jobs keep theirs. Returns how many; raises StorageError when the storage is away.
    """
    long_ago = Now() - timedelta(days=settings.CHECKPOINT_DAYS)
    done = Q(job__state=State.SUCCEEDED)
    given_up = Q(job__state__in=(State.FAILED, State.CANCELLED), job__finished_at__lt=long_ago)
    rows = list(Checkpoint.objects.filter(done | given_up).select_related("blob")[:1000])
    release(_forget(rows))
    return len(rows)


def _forget(rows: list[Checkpoint]) -> list[Blob]:
    Checkpoint.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return [row.blob for row in rows]
