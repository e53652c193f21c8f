"""A worker's hold on a job: taking it, keeping it, and the fence that all its writes pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, ExpressionWrapper, F, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models import DateTimeField as DateTime
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Now

from jobs.models import ACTIVE, Attempt, Job, State
from jobs.notify import notify
from jobs.operations.locks import Lock, hold


class FencedOutError(Exception):
    """The job is no longer this worker's: whatever it still does for it counts for nothing."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One worker's hold on one job, good as long as the job's fence is this one."""

    job_id: int
    attempt_id: int
    number: int
    fence: int
    folder: Path


@transaction.atomic
def claim(*, queue: str, worker: str, threads: int, device: str) -> Claim | None:
    """This will take the job of a queue whose turn it is, or return None when nothing waits.

    Priority decides, then the project with the fewest active jobs, then age. One lock at a time makes the
    count of active jobs true for every claim.
    """
    hold(Lock.CLAIM)
    job = _next_of(queue)
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
        worker=worker,
        threads=threads,
        device=device,
        folder=str(folder),
    )
    notify(job_id=job.pk)
    return Claim(job_id=job.pk, attempt_id=attempt.pk, number=number, fence=job.fence + 1, folder=folder)


def held(claim: Claim) -> QuerySet[Job]:
    """This will select the claim's job if it is still this claim's; every write starts from here."""
    return Job.objects.filter(pk=claim.job_id, fence=claim.fence, state__in=ACTIVE)


@transaction.atomic
def heartbeat(*, claim: Claim) -> bool:
    """This will prolong the lease and tell whether the job shall be cancelled; raises FencedOutError."""
    if not held(claim).update(lease_until=lease_end()):
        raise FencedOutError
    Attempt.objects.filter(pk=claim.attempt_id).update(heartbeat_at=Now())
    return cancel_is_wanted(claim=claim)


def cancel_is_wanted(*, claim: Claim) -> bool:
    """This will tell whether the job shall be cancelled; raises FencedOutError."""
    row = held(claim).values_list("cancel_requested_at", flat=True)[:1]
    if not row:
        raise FencedOutError
    return row[0] is not None


def note_engine(*, claim: Claim, pid: int, threads: int, device: str) -> None:
    """This will write down which process works on the attempt, and with what."""
    Attempt.objects.filter(pk=claim.attempt_id).update(engine_pid=pid, threads=threads, device=device)


def database_has_been_up_for_a_lease() -> bool:
    """This will tell whether holders have had a whole lease to report since the database started."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM now() - pg_postmaster_start_time()) > %s", [settings.LEASE_SECONDS]
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _next_of(queue: str) -> Job | None:
    active = (
        Job.objects.filter(project=OuterRef("project"), state__in=ACTIVE)
        .order_by()
        .values("project")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return (
        Job.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state=State.QUEUED, queue=queue)
        .annotate(active_beside=Coalesce(Subquery(active), 0))
        .order_by("-priority", "active_beside", "id")
        .first()
    )


def lease_end() -> Combinable:
    """This will give the time, of the database, until which a lease given now is good."""
    lease = Value(timedelta(seconds=settings.LEASE_SECONDS))
    return ExpressionWrapper(Now() + lease, output_field=DateTime())
