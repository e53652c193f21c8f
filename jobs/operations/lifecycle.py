"""What a person may ask of a job after it was submitted, besides cancelling it.

Who may ask is the caller's question. All of it is safe to ask twice, and beside anybody else who asks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from jobs.models import REGISTRATION_FINAL, Job, State, User
from jobs.operations.errors import (
    TooLateToReschedule,
    UnableToDelete,
    UnableToPause,
    UnableToReschedule,
    UnableToResume,
    UnableToRetry,
    UnableToSubmit,
)
from jobs.operations.gates import forget_judgement
from jobs.operations.jobs import submit
from jobs.operations.moves import locked, move, ring_for
from jobs.operations.schedules import check_schedule
from jobs.operations.selections import lost_selections
from jobs.operations.unchanged import UNCHANGED, Unchanged
from jobs.queries.sources import find_dataset
from mtkd_engine.spec import parse
from mtkd_engine.spec.patches import changed

IDLE = (State.QUEUED, State.PAUSED)
_IN_LINE_AGAIN: dict[str, Any] = {
    "state": State.QUEUED,
    "fence": F("fence") + 1,
    "queued_at": Now(),
    "lease_until": None,
    "pause_requested_at": None,
    "pause_reason": "",
}


@transaction.atomic
def request_pause(*, job: Job, user: User) -> Job:
    """This will pause a queued job at once, and ask the worker of an active one to checkpoint and leave it.

    A job that is paused, or was asked to pause, stays as it is. Raises UnableToPause.
    """
    del user
    row = locked(job, refusal=UnableToPause)
    if row.is_final:
        raise UnableToPause(f"Job {row.pk} has ended already ({row.state}) and cannot be paused.")
    if row.elsewhere:
        raise UnableToPause(f"Job {row.pk} is trained elsewhere: nobody here can pause it.")
    if row.cancel_requested_at is not None:
        raise UnableToPause(f"Job {row.pk} is being cancelled and cannot be paused.")
    if row.state == State.PAUSED or row.pause_requested_at is not None:
        return row
    at_once = {"state": State.PAUSED, "fence": F("fence") + 1, "pause_reason": ""}
    return move(row, pause_requested_at=Now(), **(at_once if row.state == State.QUEUED else {}))


@transaction.atomic
def resume(*, job: Job, user: User) -> Job:
    """This will put a paused job back into its queue, or withdraw the request to pause an active one.

    A job that is not paused stays as it is. Raises UnableToResume.
    """
    del user
    row = locked(job, refusal=UnableToResume)
    if row.is_final:
        raise UnableToResume(f"Job {row.pk} has ended ({row.state}); only a paused job can be resumed.")
    if row.elsewhere:
        raise UnableToResume(f"Job {row.pk} is trained elsewhere: nobody here can resume it.")
    if row.state == State.PAUSED:
        ring_for(row)
        return move(row, **_IN_LINE_AGAIN)
    return row if row.pause_requested_at is None else move(row, pause_requested_at=None)


@transaction.atomic
def retry(
    *,
    job: Job,
    user: User,
    from_scratch: bool = False,
    deadline: datetime | Unchanged | None = UNCHANGED,
) -> Job:
    """This will put a failed or cancelled job back into its queue, to go on from its furthest checkpoint.

    It stays the same job with all its history. `from_scratch` forgets the checkpoints: the curves of what is then
    repeated are masked. A deadline that has passed is dropped unless there is a new one. Raises UnableToRetry.
    """
    del user
    row = locked(job, refusal=UnableToRetry)
    if row.elsewhere:
        raise UnableToRetry(f"Job {row.pk} is trained elsewhere: nobody here can start it.")
    if row.state not in (State.FAILED, State.CANCELLED):
        advice = " Resubmit it for another one." if row.state == State.SUCCEEDED else ""
        raise UnableToRetry(
            f"Job {row.pk} is {row.state}; only a failed or cancelled job can be retried.{advice}"
        )
    if lost := lost_selections(row):
        raise UnableToRetry(
            f"Job {row.pk} needs the selection {lost[0]!r}, which was deleted; resubmit it without."
        )
    if not isinstance(deadline, Unchanged):
        check_schedule(queue=None, priority=None, deadline=deadline, refusal=UnableToRetry)
    elif (deadline := row.deadline_at) is not None and deadline <= timezone.now():
        deadline = None
    changes: dict[str, object] = dict.fromkeys(("finished_at", "cancel_requested_at", "result"))
    changes |= {"attempts_lost": 0, "failure": "", "failure_cause": "", "deadline_at": deadline}
    changes["archived_at"] = None  # what works again is not hidden
    if from_scratch:
        row.attempts.update(is_void=True)
        changes |= {"step": 0, "part": "", "part_done": 0, "part_of": 0}
    forget_judgement(row)
    ring_for(row)
    return move(row, **_IN_LINE_AGAIN, **changes)


@transaction.atomic
def resubmit(
    *,
    job: Job,
    user: User,
    changes: dict[str, Any],
    queue: str | None = None,
    priority: int | None = None,
    deadline: datetime | None = None,
) -> Job:
    """This will submit a new job like this one, with `changes` to its spec as a merge patch (RFC 7396).

    Queue and priority are the old job's unless given; a deadline is not taken over. It learns from the very
    dataset of the old job, also where a newer version goes by the name, and belongs to no group. Raises
    UnableToSubmit or SpecError.
    """
    row = locked(job, refusal=UnableToSubmit)
    if row.elsewhere:
        raise UnableToSubmit(f"Job {row.pk} was trained elsewhere: it has no spec that could be submitted.")
    try:
        raw = changed(_same_dataset(row), changes)
    except RecursionError:
        raise UnableToSubmit("", fields={"changes": "they are nested too deeply for a spec."}) from None
    return submit(
        project=row.project,
        user=user,
        spec=parse(raw),
        queue=row.queue if queue is None else queue,
        priority=row.priority if priority is None else priority,
        deadline=deadline,
        resubmitted_from=row,
    )


@transaction.atomic
def reschedule(
    *,
    job: Job,
    user: User,
    queue: str | None = None,
    priority: int | None = None,
    deadline: datetime | Unchanged | None = UNCHANGED,
) -> Job:
    """This will change where and when a job runs; a deadline of None takes it away.

    The queue can change only while no worker has the job. Raises UnableToReschedule with a sentence for each value
    that cannot be, TooLateToReschedule where the job is past it.
    """
    del user
    row = locked(job, refusal=TooLateToReschedule)
    if row.is_final:
        raise TooLateToReschedule(f"Job {row.pk} has ended ({row.state}); nothing about it can be changed.")
    if row.elsewhere:
        raise TooLateToReschedule(f"Job {row.pk} is trained elsewhere: it has no queue, turn or deadline.")
    wanted: dict[str, object] = {"queue": queue, "priority": priority}
    changes = {name: to for name, to in wanted.items() if to is not None and to != getattr(row, name)}
    if not isinstance(deadline, Unchanged) and deadline != row.deadline_at:
        changes["deadline_at"] = deadline
    check_schedule(
        queue=queue,
        priority=priority,
        deadline=deadline if "deadline_at" in changes and isinstance(deadline, datetime) else None,
        refusal=UnableToReschedule,
    )
    if "queue" in changes and row.state not in IDLE:
        sentence = f"job {row.pk} is {row.state}; the queue can be changed while it is queued or paused."
        raise TooLateToReschedule(f"queue: {sentence}", fields={"queue": sentence})
    if not changes:
        return row
    if row.state == State.QUEUED and "queue" in changes:
        changes["queued_at"] = Now()
    row = move(row, **changes)
    if row.state == State.QUEUED:
        ring_for(row)
    return row


@transaction.atomic
def delete_job(*, job: Job, user: User) -> None:
    """This will make an ended job disappear from everything; its rows and files follow in the background.

    Deleting twice is as once. Raises UnableToDelete while it has not ended, or its student is becoming a teacher.
    """
    del user
    row = Job.objects.select_for_update().filter(pk=job.pk, deleted_at__isnull=True).first()
    if row is None:
        return
    if not row.is_final:
        raise UnableToDelete(f"Job {row.pk} is {row.state}; cancel it first.")
    if (name := row.baselines.values_list("name", flat=True).first()) is not None:
        raise UnableToDelete(
            f"Job {row.pk} is baseline {name!r} of its project; move that name to another job, or remove it, first."
        )
    promotion = row.registrations.exclude(state__in=REGISTRATION_FINAL).first()
    if promotion is not None:
        raise UnableToDelete(
            f"The student of job {row.pk} is becoming teacher {promotion.name!r} (registration {promotion.pk}); "
            "wait for that, or cancel it."
        )
    move(row, deleted_at=Now())


def _same_dataset(row: Job) -> dict[str, Any]:
    """The spec of a job, outside its group, its dataset by version where its name alone means another by now."""
    spec = {key: value for key, value in row.spec.items() if key != "group"}
    dataset = row.dataset
    if dataset is not None and find_dataset(row.project, spec["data"]["dataset"]) != dataset:
        spec["data"] = {**spec["data"], "dataset": f"{dataset.name}@{dataset.version}"}
    return spec
