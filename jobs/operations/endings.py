"""How an attempt ends, each a compare-and-swap on the fence: FencedOutError when the job is another's."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from jobs import storable
from jobs.doorbell import ring
from jobs.models import Artifact, Attempt, Job, Outcome, State
from jobs.notify import notify
from jobs.operations.claims import Claim, FencedOutError, held
from jobs.operations.metrics import seal

LOST = "lost"


@transaction.atomic
def succeed(*, claim: Claim, result: dict[str, Any], artifacts: list[Artifact]) -> None:
    """This will end the job with its result and the artifacts that lie in the storage."""
    _locked(claim)
    Artifact.objects.bulk_create(artifacts)
    _close_attempt(claim.attempt_id, Outcome.SUCCEEDED, exit_code=0)
    _end(claim.job_id, State.SUCCEEDED, result=result)


@transaction.atomic
def fail(*, claim: Claim, cause: str, sentence: str, exit_code: int | None) -> None:
    """This will end the job as failed, with a sentence for a person and a code for a program."""
    _locked(claim)
    _close_attempt(claim.attempt_id, Outcome.FAILED, exit_code=exit_code, reason=sentence)
    _end(claim.job_id, State.FAILED, failure_cause=cause[:40], failure=storable.text(sentence))


@transaction.atomic
def cancelled(*, claim: Claim, exit_code: int | None) -> None:
    """This will end the job as cancelled."""
    _locked(claim)
    _close_attempt(claim.attempt_id, Outcome.CANCELLED, exit_code=exit_code, reason="It was cancelled.")
    _end(claim.job_id, State.CANCELLED)


@transaction.atomic
def hand_back(*, claim: Claim, exit_code: int | None, reason: str) -> None:
    """This will put the job back into its queue without counting the attempt as lost."""
    job = _locked(claim)
    _close_attempt(claim.attempt_id, Outcome.HANDED_BACK, exit_code=exit_code, reason=reason)
    _requeue(job)


@transaction.atomic
def lose(*, claim: Claim, reason: str, exit_code: int | None = None) -> None:
    """This will count the attempt as lost: the job waits again, or fails after too many losses."""
    _lose(_locked(claim), claim.attempt_id, reason=reason, exit_code=exit_code)


def lose_locked(job: Job, *, reason: str) -> None:
    """This will do what `lose` does to a job whose row the caller has locked in this transaction."""
    attempt = job.attempts.order_by("-number").first()
    _lose(job, attempt.pk if attempt is not None else None, reason=reason, exit_code=None)


def _lose(job: Job, attempt_id: int | None, *, reason: str, exit_code: int | None) -> None:
    if attempt_id is not None:
        _close_attempt(attempt_id, Outcome.LOST, exit_code=exit_code, reason=reason)
    lost = job.attempts_lost + 1
    Job.objects.filter(pk=job.pk).update(attempts_lost=lost)
    if job.cancel_requested_at is not None:
        _end(job.pk, State.CANCELLED)
    elif lost >= settings.MAX_LOST_ATTEMPTS:
        sentence = f"The job was lost {lost} times and is given up; the last time: {reason}"
        _end(job.pk, State.FAILED, failure_cause=LOST, failure=storable.text(sentence))
    else:
        _requeue(job)


def _locked(claim: Claim) -> Job:
    job = held(claim).select_for_update().first()
    if job is None:
        raise FencedOutError
    return job


def _close_attempt(attempt_id: int, outcome: Outcome, *, exit_code: int | None, reason: str = "") -> None:
    seal(attempt_id=attempt_id)
    Attempt.objects.filter(pk=attempt_id).update(
        outcome=outcome, exit_code=exit_code, reason=storable.text(reason), ended_at=Now()
    )


def _end(job_id: int, state: State, **fields: object) -> None:
    Job.objects.filter(pk=job_id).update(state=state, lease_until=None, finished_at=Now(), **fields)
    notify(job_id=job_id)


def _requeue(job: Job) -> None:
    if job.cancel_requested_at is not None:
        _end(job.pk, State.CANCELLED)
        return
    Job.objects.filter(pk=job.pk).update(state=State.QUEUED, lease_until=None, fence=F("fence") + 1)
    notify(job_id=job.pk)
    transaction.on_commit(partial(ring, job.queue), robust=True)
