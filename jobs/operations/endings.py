"""How an attempt ends, each a compare-and-swap on the fence: FencedOutError when the job is another's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from jobs import storable
from jobs.doorbell import ring
from jobs.engine.verdict import DEADLINE, LOST, OUT_OF_MEMORY
from jobs.models import Artifact, Attempt, Job, Outcome, State
from jobs.notify import notify
from jobs.operations.aftermath import after_end
from jobs.operations.claims import Claim, FencedOutError, held
from jobs.operations.metrics import seal

SILENT = "silent"


class Remains(TypedDict, total=False):
    """What an ended engine leaves: its exit code, its memory at the most, and files that lie in the storage."""

    exit_code: int | None
    peak_memory: int | None
    artifacts: Sequence[Artifact]


@transaction.atomic
def succeed(*, claim: Claim, result: dict[str, Any], **remains: Unpack[Remains]) -> None:
    """This will end the job with its result and the artifacts that lie in the storage."""
    _locked(claim)
    _close_attempt(claim.attempt_id, Outcome.SUCCEEDED, {"exit_code": 0, **remains})
    _end(claim.job_id, State.SUCCEEDED, result=result)


@transaction.atomic
def fail(*, claim: Claim, cause: str, sentence: str, **remains: Unpack[Remains]) -> None:
    """This will end the job as failed, with a sentence for a person and a code for a program."""
    _locked(claim)
    _fail(claim, cause=cause, sentence=sentence, remains=remains)


@transaction.atomic
def cancelled(*, claim: Claim, **remains: Unpack[Remains]) -> None:
    """This will end the job as cancelled."""
    _locked(claim)
    _close_attempt(claim.attempt_id, Outcome.CANCELLED, remains, reason="It was cancelled.")
    _end(claim.job_id, State.CANCELLED)


@transaction.atomic
def overdue(*, claim: Claim, **remains: Unpack[Remains]) -> None:
    """This will end the job as failed by its deadline, or let it wait again where that was put off meanwhile."""
    job = _locked(claim)
    if job.deadline_at is None or not held(claim).filter(deadline_at__lte=Now()).exists():
        _hand_back(job, claim, "Its deadline was put off.", remains)
        return
    sentence = (
        f"The job had not ended by its deadline, {job.deadline_at:%Y-%m-%d %H:%M} UTC, and was stopped; "
        "with a later deadline it can be retried from its last checkpoint."
    )
    _fail(claim, cause=DEADLINE, sentence=sentence, remains=remains)


@transaction.atomic
def paused(*, claim: Claim, reason: str = "", **remains: Unpack[Remains]) -> None:
    """This will leave the job where it is until somebody resumes it.

    `reason` is for a person, empty where one has asked for it; a request that was withdrawn meanwhile lets
    the job wait for a worker again, and one that was to be cancelled meanwhile is.
    """
    job = _locked(claim)
    if not reason and job.pause_requested_at is None:
        _hand_back(job, claim, "Its pause was withdrawn.", remains)
        return
    why = reason or "It was paused."
    _close_attempt(claim.attempt_id, Outcome.PAUSED, remains, reason=why)
    if job.cancel_requested_at is not None:
        _end(job.pk, State.CANCELLED)
    else:
        _pause(job, reason)


@transaction.atomic
def hand_back(*, claim: Claim, reason: str, **remains: Unpack[Remains]) -> None:
    """This will put the job back into its queue without counting the attempt as lost."""
    _hand_back(_locked(claim), claim, reason, remains)


@transaction.atomic
def lose(*, claim: Claim, reason: str, cause: str = LOST, **remains: Unpack[Remains]) -> None:
    """This will count the attempt as lost: the job waits again, or fails with `cause` after too many losses.

    The count begins anew with an attempt that came further than all before it, by its checkpoints: machines lost
    weeks apart end no job, what fails at one place again and again does. Want of memory is always counted on.
    """
    _lose(_locked(claim), claim.attempt_id, reason=reason, cause=cause, remains=remains)


def lose_locked(job: Job, *, reason: str) -> None:
    """This will do what `lose` does to a job whose row the caller has locked in this transaction."""
    attempt = job.attempts.order_by("-number").first()
    _lose(job, attempt.pk if attempt is not None else None, reason=reason, cause=LOST, remains={})


def give_up_locked(job: Job, *, sentence: str) -> None:
    """This will fail a job whose row the caller has locked, and touch nothing else of it.

    For one that cannot be lost as others are, because something of what is kept of it is damaged.
    """
    closed = {"outcome": Outcome.LOST, "reason": storable.text(sentence), "ended_at": Now()}
    job.attempts.filter(outcome="").update(**closed)
    _end(job.pk, State.FAILED, failure_cause=LOST, failure=storable.text(sentence))


def fall_silent_locked(job: Job, *, sentence: str) -> None:
    """This will end a job trained elsewhere, whose row the caller has locked, of which nothing comes any more."""
    for attempt in job.attempts.filter(outcome=""):
        _close_attempt(attempt.pk, Outcome.FAILED, {}, reason=sentence)
    if job.cancel_requested_at is not None:
        _end(job.pk, State.CANCELLED)
        return
    _end(job.pk, State.FAILED, failure_cause=SILENT, failure=storable.text(sentence))


def _lose(job: Job, attempt_id: int | None, *, reason: str, cause: str, remains: Remains) -> None:
    if attempt_id is not None:
        _close_attempt(attempt_id, Outcome.LOST, remains, reason=reason)
    is_on_its_way = cause != OUT_OF_MEMORY and attempt_id is not None and _came_further(job, attempt_id)
    lost = 1 if is_on_its_way else job.attempts_lost + 1
    Job.objects.filter(pk=job.pk).update(attempts_lost=lost)
    if job.cancel_requested_at is not None:
        _end(job.pk, State.CANCELLED)
    elif lost >= settings.MAX_LOST_ATTEMPTS:
        sentence = f"The job was lost {lost} times and is given up; the last time: {reason}"
        _end(job.pk, State.FAILED, failure_cause=cause[:40], failure=storable.text(sentence))
    else:
        _requeue(job)


def _came_further(job: Job, attempt_id: int) -> bool:
    reached = {
        pk: step or 0 for pk, step in job.attempts.filter(is_void=False).values_list("pk", "checkpoint_step")
    }
    own = reached.pop(attempt_id, 0)
    return own > max(reached.values(), default=0)


def _locked(claim: Claim) -> Job:
    job = held(claim).select_for_update().first()
    if job is None:
        raise FencedOutError
    return job


def _hand_back(job: Job, claim: Claim, reason: str, remains: Remains) -> None:
    _close_attempt(claim.attempt_id, Outcome.HANDED_BACK, remains, reason=reason)
    _requeue(job)


def _fail(claim: Claim, *, cause: str, sentence: str, remains: Remains) -> None:
    _close_attempt(claim.attempt_id, Outcome.FAILED, remains, reason=sentence)
    _end(claim.job_id, State.FAILED, failure_cause=cause[:40], failure=storable.text(sentence))


def _close_attempt(attempt_id: int, outcome: Outcome, remains: Remains, *, reason: str = "") -> None:
    seal(attempt_id=attempt_id)
    Artifact.objects.bulk_create(remains.get("artifacts", ()))
    known: dict[str, object] = {"outcome": outcome, "exit_code": remains.get("exit_code"), "ended_at": Now()}
    if reason:  # without one, what was noted at the start of the attempt stays
        known["reason"] = storable.text(reason)
    if remains.get("peak_memory"):
        known["peak_memory"] = remains["peak_memory"]
    Attempt.objects.filter(pk=attempt_id).update(journal_behind=0, **known)


def _end(job_id: int, state: State, **fields: object) -> None:
    Job.objects.filter(pk=job_id).update(state=state, lease_until=None, finished_at=Now(), **fields)
    after_end(job_id=job_id)
    notify(job_id=job_id)


def _pause(job: Job, reason: str) -> None:
    Job.objects.filter(pk=job.pk).update(
        state=State.PAUSED, lease_until=None, fence=F("fence") + 1, pause_reason=storable.text(reason)
    )
    notify(job_id=job.pk)


def _requeue(job: Job) -> None:
    """What somebody has asked for comes before another attempt."""
    if job.cancel_requested_at is not None:
        _end(job.pk, State.CANCELLED)
    elif job.pause_requested_at is not None:
        _pause(job, "")
    else:
        Job.objects.filter(pk=job.pk).update(
            state=State.QUEUED, lease_until=None, fence=F("fence") + 1, queued_at=Now()
        )
        notify(job_id=job.pk)
        transaction.on_commit(partial(ring, job.queue), robust=True)
