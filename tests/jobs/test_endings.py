"""What becomes of a job when its attempt ends, and what was asked for meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from jobs.models import Artifact, Blob, Job, State
from jobs.operations import leases
from jobs.operations.claims import Claim, FencedOutError
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
