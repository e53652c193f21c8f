"""What becomes of a job when its attempt ends, and what was asked for meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from jobs.models import Artifact, Attempt, Blob, Job, State
from jobs.operations import leases
from jobs.operations.claims import Claim, FencedOutError, note_engine
from jobs.operations.endings import fail, hand_back, lose, overdue, paused, succeed
from jobs.operations.leases import reap

pytestmark = pytest.mark.django_db
Take = Callable[[], Claim]


@pytest.fixture(autouse=True)
def _steady(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "database_has_been_up_for_a_lease", lambda: True)


def change(job: Job, **fields: Any) -> None:
    Job.objects.filter(pk=job.pk).update(**fields)


def test_a_pause_that_was_asked_for_leaves_the_job_paused_without_its_claim(
    make_job: Any, take: Take
) -> None:
    job = make_job()
    held = take()
    change(job, pause_requested_at=Now())
    paused(claim=held, exit_code=4)
    job.refresh_from_db()
    assert (job.state, job.lease_until, job.pause_reason) == (State.PAUSED, None, "")
    assert job.attempts.get().outcome == "paused"
    with pytest.raises(FencedOutError):
        paused(claim=held, exit_code=4)


def test_a_pause_that_was_withdrawn_meanwhile_lets_the_job_wait_again(make_job: Any, take: Take) -> None:
    job = make_job()
    paused(claim=take(), exit_code=4)
    job.refresh_from_db()
    assert (job.state, job.attempts.get().outcome) == (State.QUEUED, "handed_back")


def test_a_pause_for_a_reason_needs_nobody_who_asked(make_job: Any, take: Take) -> None:
    job = make_job()
    paused(claim=take(), reason="The disk is full.", exit_code=74)
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (State.PAUSED, "The disk is full.")
    assert job.attempts.get().reason == "The disk is full."


@pytest.mark.parametrize("end", ["lose", "hand_back", "reap"])
def test_an_attempt_that_ends_otherwise_is_no_reason_to_forget_a_pause(
    make_job: Any, take: Take, end: str
) -> None:
    job = make_job()
    held = take()
    change(job, pause_requested_at=Now())
    if end == "lose":
        lose(claim=held, reason="gone.")
    elif end == "hand_back":
        hand_back(claim=held, reason="stopped.")
    else:
        change(job, lease_until=None)
        assert reap() == 1
    job.refresh_from_db()
    assert job.state == State.PAUSED


def test_a_job_that_was_to_be_cancelled_while_it_paused_is_cancelled(make_job: Any, take: Take) -> None:
    job = make_job()
    held = take()
    change(job, cancel_requested_at=Now())
    paused(claim=held, reason="The disk is full.", exit_code=74)
    job.refresh_from_db()
    assert (job.state, job.attempts.get().outcome) == (State.CANCELLED, "paused")


def test_a_job_that_comes_back_waits_from_then_on(make_job: Any, take: Take) -> None:
    job = make_job(queued_at=timezone.now() - timedelta(days=1))
    hand_back(claim=take(), reason="stopped.")
    job.refresh_from_db()
    assert job.queued_at is not None
    assert job.queued_at > timezone.now() - timedelta(minutes=1)


def test_losses_of_attempts_that_came_further_do_not_add_up(make_job: Any, take: Take) -> None:
    job = make_job()
    for step, counted in ((100, 1), (200, 1), (200, 2), (None, 3)):
        held = take()
        Attempt.objects.filter(pk=held.attempt_id).update(checkpoint_step=step)
        lose(claim=held, reason="its machine is gone.")
        job.refresh_from_db()
        assert job.attempts_lost == counted
    assert (job.state, job.failure_cause) == (State.FAILED, "lost")


def test_want_of_memory_is_counted_however_far_each_attempt_comes(make_job: Any, take: Take) -> None:
    job = make_job()
    for step in (100, 200, 300):
        held = take()
        Attempt.objects.filter(pk=held.attempt_id).update(checkpoint_step=step)
        lose(claim=held, reason="no memory.", cause="out_of_memory")
    job.refresh_from_db()
    assert (job.state, job.failure_cause) == (State.FAILED, "out_of_memory")


def test_a_damaged_job_keeps_the_reaper_from_no_other(
    make_job: Any, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged, other = make_job(), make_job()
    first = take()
    take()
    Job.objects.update(lease_until=None)

    def seal(*, attempt_id: int) -> None:
        assert attempt_id != first.attempt_id, "this chunk cannot be read"

    monkeypatch.setattr("jobs.operations.endings.seal", seal)
    assert reap() == 2
    damaged.refresh_from_db(), other.refresh_from_db()
    assert (damaged.state, damaged.attempts.get().outcome) == (State.FAILED, "lost")
    assert "this chunk cannot be read" in damaged.failure
    assert other.state == State.QUEUED


def test_what_is_noted_of_an_engine_too_late_leaves_the_reason_of_the_end(make_job: Any, take: Take) -> None:
    job = make_job()
    held = take()
    lose(claim=held, reason="its worker stood still.")
    note_engine(claim=held, pid=1, threads=1, device="cpu")
    assert job.attempts.get().reason == "its worker stood still."


def test_a_deadline_that_was_put_off_meanwhile_ends_nothing(make_job: Any, take: Take) -> None:
    job = make_job(deadline_at=timezone.now() + timedelta(hours=1))
    overdue(claim=take(), exit_code=4)
    job.refresh_from_db()
    assert (job.state, job.attempts.get().outcome) == (State.QUEUED, "handed_back")
    held = take()
    change(job, deadline_at=Now())
    overdue(claim=held, exit_code=4)
    job.refresh_from_db()
    assert (job.state, job.failure_cause) == (State.FAILED, "deadline")


def test_a_job_lost_too_often_fails_with_the_cause_of_the_last_loss(make_job: Any, take: Take) -> None:
    job = make_job()
    for cause in ("out_of_memory", "lost", "out_of_memory"):
        lose(claim=take(), reason="the engine ran out of memory.", cause=cause, peak_memory=5)
    job.refresh_from_db()
    assert (job.state, job.failure_cause) == (State.FAILED, "out_of_memory")
    assert [attempt.peak_memory for attempt in job.attempts.all()] == [5, 5, 5]


def test_a_job_trained_elsewhere_that_falls_silent_fails_and_is_given_to_nobody(
    make_job: Any, take: Take
) -> None:
    job = make_job()
    take()
    change(job, elsewhere=True, lease_until=None)
    assert reap() == 1
    job.refresh_from_db()
    assert (job.state, job.failure_cause, job.attempts_lost) == (State.FAILED, "silent", 0)
    assert "trained" in job.failure


def test_what_an_engine_left_comes_with_its_ending_or_not_at_all(make_job: Any, take: Take) -> None:
    job = make_job()
    held = take()
    blob = Blob.objects.create(sha256="a" * 64, size=1, touched_at=timezone.now())

    def log(name: str) -> Artifact:
        return Artifact(
            job=job, attempt_id=held.attempt_id, name=name, blob=blob, size=1, media_type="text/plain"
        )

    fail(claim=held, cause="nan", sentence="NaN.", exit_code=3, peak_memory=7, artifacts=[log("a.log")])
    assert [artifact.name for artifact in job.artifacts.all()] == ["a.log"]
    assert (job.attempts.get().exit_code, job.attempts.get().peak_memory) == (3, 7)
    with pytest.raises(FencedOutError):
        succeed(claim=held, result={}, artifacts=[log("b.log")])
    assert job.artifacts.count() == 1
