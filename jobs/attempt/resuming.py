"""The furthest checkpoint that a job can go on from: on this host, or in the storage."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from jobs.models import Checkpoint, Event
from jobs.operations.checkpoints import CHECKPOINTED
from jobs.operations.claims import Claim
from jobs.storage.blobs import NoRoomError, StorageAwayError, StorageError, fetch
from jobs.storage.hashing import sha256_of

_log = logging.getLogger(__name__)
_TRIED = 20
FETCHED = "resumed"


@dataclass(frozen=True)
class Resume:
    """A checkpoint to go on from, and what attempt number `made_by` made it with: the same makes the same bits."""

    path: Path
    made_by: int
    step: int
    threads: int
    device: str


def furthest_checkpoint(claim: Claim) -> Resume | None:
    """This will find the furthest checkpoint that is there and is what was recorded, None for a start at step 0.

    That is the newest, unless an attempt elsewhere had less to go on from than lies here. One that is only in the
    storage is fetched into the folder of the claim. Raises NoRoomError where that has no room, StorageAwayError.
    """
    usable = {"job_id": claim.job_id, "attempt__is_void": False}
    stored = {row.seq: row for row in Checkpoint.objects.filter(**usable).select_related("blob")}
    told = Event.objects.filter(**usable, kind=CHECKPOINTED).select_related("attempt").order_by("-seq")
    newest = list(told[:_TRIED])
    newest += told.filter(seq__in=set(stored) - {event.seq for event in newest})
    for event in sorted(newest, key=lambda event: (event.step or 0, event.seq), reverse=True):
        path = _here(event) or _fetched(claim, stored.get(event.seq))
        if path is not None:
            made_by = event.attempt
            return Resume(
                path, made_by.number, step=event.step or 0, threads=made_by.threads, device=made_by.device
            )
    return None


def _here(event: Event) -> Path | None:
    path = Path(event.attempt.folder) / event.payload["path"]
    try:
        return path if sha256_of(path) == event.payload["sha256"] else None
    except OSError:
        return None


def _fetched(claim: Claim, row: Checkpoint | None) -> Path | None:
    if row is None:
        return None
    target = claim.folder / FETCHED / Path(row.path).name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fetch(row.blob, target)
    except (NoRoomError, StorageAwayError):  # nothing is wrong with it: to begin anew would be a loss
        raise
    except StorageError as error:
        _log.warning("Job %s: the checkpoint of step %s is of no use: %s", claim.job_id, row.step, error)
        return None
    return target
