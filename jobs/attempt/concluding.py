"""The end of an attempt: its files into the storage, its verdict into the rows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.db import connection

from jobs.attempt.workspace import clear
from jobs.engine.verdict import DISK, LOG_FOLLOWS, Verdict
from jobs.insisting import AWAY
from jobs.models import Artifact, Job
from jobs.operations import endings
from jobs.operations.claims import Claim
from jobs.operations.endings import Remains
from jobs.operations.errors import UnableToPublish
from jobs.storage.hashing import NoRoomError, StorageAwayError

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Insist(Protocol):
    """Does something as soon as the database lets it."""

    def __call__(self, action: Callable[[], T]) -> T: ...


def conclude(
    claim: Claim,
    verdict: Verdict,
    remains: Remains,
    *,
    insist: Insist,
    store: Callable[[], tuple[list[Artifact], dict[str, Any]] | Verdict],
) -> None:
    """This will end the attempt as the verdict says, and remove what nobody needs any more on this host.

    Of a success, `store` stores the files and gives them with the result, or a verdict where something was wished
    first. One whose files the storage cannot take is none: it fails, or pauses until the storage can.
    """
    if verdict.ending == "succeeded":
        try:
            stored = store()
        except UnableToPublish as error:
            stored = _unpublished(error)
        except StorageAwayError as error:
            stored = storage_away(error)
        if isinstance(stored, Verdict):
            verdict = stored
        else:
            files, result = stored
            kept: Remains = {**remains, "artifacts": [*files, *remains.get("artifacts", ())]}
            insist(lambda: endings.succeed(claim=claim, result=result, **kept))
    if verdict.ending != "succeeded":
        insist(lambda: _end(claim, verdict, remains))
    why = verdict.sentence.split(LOG_FOLLOWS)[0]
    _log.info("Job %s: attempt %s %s. %s", claim.job_id, claim.number, verdict.ending, why)
    try:
        ended = Job.objects.get(pk=claim.job_id)
    except AWAY:  # what is left is swept later
        connection.close()
    else:
        if ended.is_final:
            clear(ended)


def full_disk(claim: Claim, sentence: str) -> Verdict:
    """This will let a job pause because the disk of its worker is full; what is half-written goes."""
    for half in claim.folder.rglob("*.partial"):
        half.unlink(missing_ok=True)
    where = f"The disk of worker {claim.worker} is full, at {claim.folder.parent}"
    return Verdict("paused", DISK, f"{where}: {sentence.rstrip('.')}. Make room there, then resume the job.")


def storage_away(error: StorageAwayError) -> Verdict:
    """This will let a job pause because the storage was away for too long."""
    minutes = settings.STORAGE_SECONDS / 60
    why = f"The storage was away for more than {minutes:g} minutes: {str(error).rstrip('.')}."
    return Verdict("paused", "storage", f"{why} Resume the job when the storage answers.")


def _unpublished(error: UnableToPublish) -> Verdict:
    if isinstance(error.__cause__, NoRoomError):
        sentence = f"The storage is full: {error.message.rstrip('.')}. Make room there, then resume the job."
        return Verdict("paused", DISK, sentence)
    return Verdict("failed", "storage", error.message)


def _end(claim: Claim, verdict: Verdict, remains: Remains) -> None:
    match verdict.ending:
        case "cancelled":
            endings.cancelled(claim=claim, **remains)
        case "paused":
            endings.paused(claim=claim, reason=verdict.sentence, **remains)
        case "overdue":
            endings.overdue(claim=claim, **remains)
        case "handed_back":
            endings.hand_back(claim=claim, reason=verdict.sentence, **remains)
        case "lost":
            endings.lose(claim=claim, cause=verdict.cause, reason=verdict.sentence, **remains)
        case _:
            endings.fail(claim=claim, cause=verdict.cause, sentence=verdict.sentence, **remains)
