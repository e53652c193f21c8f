"""Five bugs to be planted into the product, so that it shows whether the harness would see them.

They live in processes with CHAOS_BUG in their environment (`apps.PlantedBug`), or in a test that takes them out again.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from jobs.attempt.recorder import Batch, Recorder
from jobs.models import ACTIVE, Attempt, Blob, Checkpoint, Event, Job, MetricChunk
from jobs.notify import notify
from jobs.operations import checkpoints, claims, leases, metrics
from jobs.operations.claims import Claim, FencedOutError

WINDOW_SECONDS = 0.15  # a bug that needs an unlucky moment gets more such moments
Undo = Callable[[], None]


def plant(name: str) -> Undo:
    """This will plant the bug of that name and return how to take it out."""
    return BUGS[name]()


def cursor_early() -> Undo:
    """The cursor is committed before the rows that it counts."""

    def store(self: Any, batch: Batch, *, start: int, end: tuple[int, int], tell: bool) -> None:
        held = claims.held(self._claim)
        _move_cursor(batch, held.filter(cursor_attempt=self._attempt.number, cursor_offset=start), end)
        time.sleep(WINDOW_SECONDS)
        with transaction.atomic():
            _write_rows(self, batch, tell)

    return _replace(Recorder, "_store", store)


def fence_ignored() -> Undo:
    """Whoever once had the job still has it, whatever its fence."""

    def held(claim: Claim) -> QuerySet[Job]:
        return Job.objects.filter(pk=claim.job_id, state__in=ACTIVE)

    def store(self: Any, batch: Batch, *, start: int, end: tuple[int, int], tell: bool) -> None:
        with transaction.atomic():
            _move_cursor(batch, held(self._claim), end)
            _write_rows(self, batch, tell)

    undone = [_replace_everywhere("held", claims.held, held), _replace(Recorder, "_store", store)]
    return lambda: [undo() for undo in undone] and None


def null_lease_skipped() -> Undo:
    """The reaper compares the lease with the time, and NULL is neither earlier nor later."""
    return _replace(leases, "_SILENT", Q(lease_until__lt=Now()))


def sealed_twice() -> Undo:
    """What is sealed at the end of an attempt is sealed again, but for the first point: the database takes it."""
    real = metrics.seal

    def seal(*, attempt_id: int) -> None:
        before = set(
            MetricChunk.objects.filter(attempt_id=attempt_id, sealed=True).values_list("pk", flat=True)
        )
        real(attempt_id=attempt_id)
        for row in MetricChunk.objects.filter(attempt_id=attempt_id, sealed=True).exclude(pk__in=before):
            rest = metrics.read_chunk(row)[1:]
            if len(rest):
                metrics._chunk(row.job_id, attempt_id, row.metric, rest, sealed=True).save()

    return _replace_everywhere("seal", real, seal)


def stale_checkpoint() -> Undo:
    """A checkpoint is published under a new number with the bytes of an old one."""
    real = checkpoints.publish_checkpoint

    def publish_checkpoint(*, claim: Claim, event: Event, blob: Blob) -> list[Blob]:
        before = Checkpoint.objects.filter(job_id=claim.job_id, seq__lt=event.seq).order_by("-seq").first()
        real(claim=claim, event=event, blob=before.blob if before is not None else blob)
        return []  # what is left in the storage is not the matter here

    return _replace_everywhere("publish_checkpoint", real, publish_checkpoint)


BUGS: dict[str, Callable[[], Undo]] = {
    bug.__name__: bug
    for bug in (cursor_early, fence_ignored, null_lease_skipped, sealed_twice, stale_checkpoint)
}


def _move_cursor(batch: Batch, jobs: QuerySet[Job], end: tuple[int, int]) -> None:
    if not jobs.update(cursor_offset=end[0], cursor_seq=end[1], **batch.job):
        raise FencedOutError


def _write_rows(recorder: Any, batch: Batch, tell: bool) -> None:
    Event.objects.bulk_create(batch.events)
    recorder._metrics.write(batch.points)
    if batch.attempt:
        Attempt.objects.filter(pk=recorder._attempt.pk).update(**batch.attempt)
    if tell:
        notify(job_id=recorder._claim.job_id)


def _replace(place: Any, name: str, new: object) -> Undo:
    old = getattr(place, name)
    setattr(place, name, new)
    return lambda: setattr(place, name, old)


def _replace_everywhere(name: str, old: object, new: object) -> Undo:
    import jobs.attempt.supervisor  # noqa: F401 - imports all that have a name of their own for it

    places = [
        module for module in list(sys.modules.values()) if getattr(module, "__dict__", {}).get(name) is old
    ]
    undone = [_replace(module, name, new) for module in places]
    return lambda: [undo() for undo in undone] and None
