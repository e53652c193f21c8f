"""What people and machines ask of a running attempt: pause, deadline, hand back, cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db.models.functions import Now
from django.utils import timezone

from jobs.attempt import preparing
from jobs.attempt.supervisor import supervise
from jobs.models import Checkpoint, Job, State, Worker
from jobs.notify import notify
from jobs.operations.claims import Claim, claim, wish_of
from jobs.operations.jobs import request_cancel
from jobs.operations.lifecycle import request_pause, resume, retry
from tests.jobs.attempt.outcome import curve, resumed_from, student

pytestmark = pytest.mark.django_db(transaction=True)
Take = Callable[[], Claim]
Meanwhile = Callable[[Callable[[], None]], None]
LONG = "steps:100000 pause:0.01 checkpoint:100000"


@pytest.fixture
def at_step(wait_for: Any, meanwhile: Meanwhile) -> Callable[[Job, int, Callable[[], object]], None]:
    """Does something once a job has come to a step."""

    def when(job: Job, step: int, action: Callable[[], object]) -> None:
        def act() -> None:
            wait_for(lambda: Job.objects.get(pk=job.pk).step >= step)
            action()
            notify(job_id=job.pk)

        meanwhile(act)

    return when


def test_a_paused_job_leaves_a_published_checkpoint_and_goes_on_from_it(
    make_job: Any, take: Take, at_step: Any
) -> None:
    job, calm = make_job("steps:500 pause:0.01 rush:1 checkpoint:1000"), make_job("steps:500 checkpoint:1000")
    at_step(job, 5, lambda: request_pause(job=job, user=job.submitted_by))
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.attempts_lost, job.pause_reason, job.lease_until) == (State.PAUSED, 0, "", None)
    first = job.attempts.get()
    assert (first.outcome, first.exit_code, first.reason) == ("paused", 4, "It was paused.")
    assert Checkpoint.objects.get(job=job).step == first.checkpoint_step
    resume(job=job, user=job.submitted_by)
    job.refresh_from_db()
    assert job.state == State.QUEUED
    supervise(take())
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    assert resumed_from(job, 2) == first.checkpoint_step
    assert curve(job) == curve(calm)
    assert student(job) == student(calm)


def test_a_deadline_ends_a_job_with_a_checkpoint_that_a_retry_goes_on_from(
    make_job: Any, take: Take, at_step: Any
) -> None:
    job = make_job(LONG, deadline_at=timezone.now() + timedelta(hours=1))
    at_step(job, 5, lambda: Job.objects.filter(pk=job.pk).update(deadline_at=Now()))
    supervise(take())
    job.refresh_from_db()
    assert job.deadline_at is not None
    assert (job.state, job.failure_cause) == (State.FAILED, "deadline")
    assert f"{job.deadline_at:%Y-%m-%d %H:%M} UTC" in job.failure
    assert "later deadline" in job.failure
    stopped_at = Checkpoint.objects.get(job=job).step
    retry(job=job, user=job.submitted_by, deadline=timezone.now() + timedelta(hours=1))
    at_step(job, stopped_at + 5, lambda: request_cancel(job=job, user=job.submitted_by))
    supervise(take())
    assert resumed_from(job, 2) == stopped_at


def test_a_worker_that_is_drained_at_once_hands_its_job_back(
    make_job: Any, at_step: Any, settings: Any
) -> None:
    now = timezone.now()
    row = Worker.objects.create(name="here", host="h", pid=1, started_at=now, seen_at=now)
    job = make_job(LONG)
    held = claim(queue="cpu", worker=row, threads=1, device="cpu")
    assert held is not None
    at_step(job, 5, lambda: Worker.objects.filter(pk=row.pk).update(drain_now=True))
    supervise(held)
    job.refresh_from_db()
    assert (job.state, job.attempts_lost) == (State.QUEUED, 0)
    first = job.attempts.get()
    assert (first.outcome, first.worker, first.worker_row_id) == ("handed_back", "here", row.pk)
    assert Checkpoint.objects.filter(job=job).count() == 1


def test_of_several_wishes_the_most_urgent_counts(make_job: Any, take: Take) -> None:
    job = make_job()
    held = take()
    rows = Job.objects.filter(pk=job.pk)
    assert wish_of(claim=held) is None
    rows.update(deadline_at=timezone.now() + timedelta(hours=1))
    assert wish_of(claim=held) is None
    rows.update(deadline_at=Now())
    assert wish_of(claim=held) == "deadline"
    rows.update(pause_requested_at=Now())
    assert wish_of(claim=held) == "pause"
    rows.update(cancel_requested_at=Now())
    assert wish_of(claim=held) == "cancel"


def test_a_wish_from_before_the_engine_began_is_heeded(make_job: Any, take: Take) -> None:
    job = make_job(LONG)
    held = take()
    Job.objects.filter(pk=job.pk).update(pause_requested_at=Now())
    supervise(held)
    job.refresh_from_db()
    assert job.state == State.PAUSED


def test_a_wish_does_not_wait_for_what_is_fetched(
    make_job: Any, take: Take, meanwhile: Meanwhile, wait_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetching, go_on = threading.Event(), threading.Event()

    def for_ever(_job: Job, _folder: Path) -> dict[str, dict[str, str]]:
        fetching.set()
        assert go_on.wait(30)
        return {}

    def cancel() -> None:
        assert fetching.wait(20)
        request_cancel(job=job, user=job.submitted_by)

    monkeypatch.setattr(preparing, "_sources", for_ever)
    job = make_job()
    meanwhile(cancel)
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    go_on.set()
    wait_for(lambda: not any(thread.name == "preparing" for thread in threading.enumerate()))


@pytest.mark.usefixtures("impatient")
def test_a_cancelled_job_is_gone_with_grandchildren_that_ran_away(
    make_job: Any, take: Take, at_step: Any
) -> None:
    job = make_job("steps:100000 pause:0.01 deaf:1 runaway:1 child:1")
    held = take()
    pids: list[int] = []

    def cancel() -> None:
        pids.extend(int(pid) for pid in (held.folder / "runaways").read_text().split())
        pids.append(int((held.folder / "grandchild").read_text()))
        assert all(psutil.pid_exists(pid) for pid in pids)
        request_cancel(job=job, user=job.submitted_by)

    at_step(job, 2, cancel)
    supervise(held)
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert len(pids) == 3
    assert not any(_runs(pid) for pid in pids)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
