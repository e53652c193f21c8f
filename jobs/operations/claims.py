"""A worker's hold on a job: taking it, keeping it, and the fence that all its writes pass."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import DateTimeField as DateTime
from django.db.models import Exists, ExpressionWrapper, F, Max, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Now

from jobs.engine.verdict import Wish
from jobs.models import ACTIVE, Attempt, Job, State, Worker
from jobs.notify import notify
from jobs.operations.locks import Lock, hold
from jobs.operations.turns import next_of
from jobs.operations.webhooks import announce_start


class FencedOutError(Exception):
    """The job is no longer this worker's: whatever it still does for it counts for nothing."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One worker's hold on one job, good as long as the job's fence is this one.

    `clock_ms` is the worker's own clock (ms since 1970) when it took the job.
    """

    job_id: int
    attempt_id: int
    number: int
    fence: int
    folder: Path
    worker: str
    threads: int
    device: str
    clock_ms: int


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a worker sees of its engine: the journal's size and the time of its last line, the most memory."""

    journal_bytes: int = 0
    journal_ms: int | None = None
    peak_memory: int | None = None


@transaction.atomic
def claim(*, queue: str, worker: Worker | str, threads: int, device: str) -> Claim | None:
    """This will take the job of a queue whose turn it is, or return None when nothing may start.

    One lock at a time makes the count of active jobs true for every claim.
    """
    hold(Lock.CLAIM)
    job = next_of(queue)
    if job is None:
        return None
    Job.objects.filter(pk=job.pk).update(
        state=State.STARTING,
        fence=F("fence") + 1,
        lease_until=lease_end(),
        started_at=Coalesce(F("started_at"), Now()),
    )
    number = (job.attempts.aggregate(last=Max("number"))["last"] or 0) + 1
    folder = Path(settings.MTKD_HOME) / "work" / "jobs" / str(job.pk) / f"attempt-{number}"
    attempt = Attempt.objects.create(
        job=job,
        number=number,
        fence=job.fence + 1,
        worker=worker if isinstance(worker, str) else worker.name,
        worker_row=None if isinstance(worker, str) else worker,
        clock_ms=time.time_ns() // 1_000_000,
        threads=threads,
        device=device,
        folder=str(folder),
    )
    Attempt.objects.filter(pk=attempt.pk).update(started_at=Now())  # the database's clock, not ours
    if job.started_at is None:
        announce_start(job_id=job.pk)
    notify(job_id=job.pk)
    return _claim_of(attempt)


def _claim_of(attempt: Attempt) -> Claim:
    assert attempt.clock_ms is not None
    return Claim(
        job_id=attempt.job_id,
        attempt_id=attempt.pk,
        number=attempt.number,
        fence=attempt.fence,
        folder=Path(attempt.folder),
        worker=attempt.worker,
        threads=attempt.threads,
        device=attempt.device,
        clock_ms=attempt.clock_ms,
    )


def held(claim: Claim) -> QuerySet[Job]:
    """This will select the claim's job if it is still this claim's; every write starts from here."""
    return Job.objects.filter(pk=claim.job_id, fence=claim.fence, state__in=ACTIVE)


@transaction.atomic
def heartbeat(*, claim: Claim, seen: Seen | None = None) -> Wish:
    """This will prolong the lease, note how the attempt stands, and tell what is wished of it.

    Raises FencedOutError when the job is another's.
    """
    if not held(claim).update(lease_until=lease_end()):
        raise FencedOutError
    Attempt.objects.filter(pk=claim.attempt_id).update(heartbeat_at=Now(), **_noted(claim, seen))
    return wish_of(claim=claim)


def wish_of(*, claim: Claim) -> Wish:
    """This will tell what is wished of an attempt, the most urgent first; raises FencedOutError."""
    drained = Attempt.objects.filter(pk=claim.attempt_id, worker_row__drain_now=True)
    row = (
        held(claim)
        .annotate(is_overdue=Q(deadline_at__lte=Now()), is_drained=Exists(drained))
        .values_list("cancel_requested_at", "pause_requested_at", "is_overdue", "is_drained")
        .first()
    )
    if row is None:
        raise FencedOutError
    cancel, pause, is_overdue, is_drained = row
    if cancel is not None:
        return "cancel"
    if pause is not None:
        return "pause"
    if is_overdue:
        return "deadline"
    return "hand_back" if is_drained else None


def _noted(claim: Claim, seen: Seen | None) -> dict[str, object]:
    if seen is None:
        return {}
    cursor = Job.objects.values_list("cursor_attempt", "cursor_offset").get(pk=claim.job_id)
    recorded = cursor[1] if cursor[0] == claim.number else 0
    noted: dict[str, object] = {"journal_behind": max(0, seen.journal_bytes - recorded)}
    if seen.journal_ms is not None:
        since = Value(timedelta(milliseconds=seen.journal_ms - claim.clock_ms))
        noted["journal_at"] = ExpressionWrapper(F("started_at") + since, output_field=DateTime())
    if seen.peak_memory is not None:
        noted["peak_memory"] = seen.peak_memory
    return noted


def note_engine(*, claim: Claim, pid: int, threads: int, device: str, note: str = "") -> None:
    """This will write down which process works on the attempt, with what, and what a person should know.

    An attempt that was ended meanwhile keeps the reason of its end.
    """
    attempt = Attempt.objects.filter(pk=claim.attempt_id, outcome="")
    attempt.update(engine_pid=pid, threads=threads, device=device, reason=note)


def database_has_been_up_for_a_lease() -> bool:
    """This will tell whether holders have had a whole lease to report since the database started."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM now() - pg_postmaster_start_time()) > %s", [settings.LEASE_SECONDS]
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def lease_end() -> Combinable:
    """This will give the time, of the database, until which a lease given now is good."""
    lease = Value(timedelta(seconds=settings.LEASE_SECONDS))
    return ExpressionWrapper(Now() + lease, output_field=DateTime())
