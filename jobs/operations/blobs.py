"""Stored contents that nothing refers to any more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from jobs.models import Artifact, Blob, Checkpoint, Measurement, Prediction, StoredFile
from jobs.operations.locks import Lock, hold
from jobs.storage.blobs import remove_blob

KEPT = timedelta(days=1)
"""How long a content stays that nothing refers to: whoever stored it may be about to."""


def remove_garbage() -> int:
    """This will remove contents that nothing refers to and nobody has stored again for a day; how many.

    Raises StorageError when the storage is away; the next round goes on.
    """
    before = timezone.now() - KEPT
    of_a_file = StoredFile.objects.filter(blob=OuterRef("pk"))
    of_a_job = Artifact.objects.filter(blob=OuterRef("pk"))
    to_go_on = Checkpoint.objects.filter(blob=OuterRef("pk"))
    asked_about = Prediction.objects.filter(features=OuterRef("pk"))
    measured = Measurement.objects.filter(outcomes=OuterRef("pk"))
    unused = Blob.objects.filter(
        ~Exists(of_a_file), ~Exists(of_a_job), ~Exists(to_go_on), ~Exists(asked_about), ~Exists(measured)
    )
    garbage = unused.filter(touched_at__lt=before)
    return sum(_remove(sha256) for sha256 in garbage.values_list("pk", flat=True))


def release(blobs: Iterable[Blob]) -> None:
    """This will remove contents that were stored in vain, unless something refers to them or stored them since."""
    for blob in blobs:
        with transaction.atomic():
            row = Blob.objects.select_for_update().filter(pk=blob.pk, touched_at=blob.touched_at).first()
            if row is not None and not _is_used(row):
                row.delete()
                remove_blob(blob.pk)  # before the commit, as below


@transaction.atomic
def _remove(sha256: str) -> bool:
    """Remove row and bytes, unless somebody wants them after all.

    Who stores the same content waits at the row until both are gone, and then stores it anew.
    """
    hold(Lock.REGISTRATION)
    row = Blob.objects.select_for_update().filter(pk=sha256, touched_at__lt=timezone.now() - KEPT).first()
    if row is None or _is_used(row):
        return False
    row.delete()
    remove_blob(sha256)  # before the commit: a row without bytes is mended by storing it again
    return True


def _is_used(row: Blob) -> bool:
    used = (row.files, row.artifacts, row.checkpoints, row.predictions, row.measurements)
    return any(of.exists() for of in used)
