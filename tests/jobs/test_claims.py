"""Who gets which job, and who loses it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.models import Attempt, Dataset, Job, State, User
from jobs.operations import leases
from jobs.operations.claims import Claim, FencedOutError, claim, heartbeat
from jobs.operations.endings import cancelled, fail, hand_back, lose, succeed
from jobs.operations.jobs import request_cancel, submit
from jobs.operations.leases import reap
from jobs.operations.projects import create_project
from mtkd_engine.spec import parse

Take = Callable[[], Claim]
Meanwhile = Callable[[Callable[[], None]], None]


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "database_has_been_up_for_a_lease", lambda: True)


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_an_empty_queue_gives_nothing(make_job: Any) -> None:
    make_job(queue="gpu")
    assert claim(queue="cpu", worker="w", threads=1, device="cpu") is None


@pytest.mark.django_db
def test_priority_goes_before_age(make_job: Any, take: Take) -> None:
    old, urgent = make_job(), make_job(priority=5)
    assert [take().job_id, take().job_id] == [urgent.pk, old.pk]


@pytest.mark.django_db
def test_the_project_with_the_fewest_active_jobs_is_next(make_job: Any, take: Take, user: User) -> None:
    first, second = make_job(), make_job()
    other = create_project(name="Other", user=user)
    Dataset.objects.create(project=other, name="world", content_hash="f" * 64, report={"feature_width": 8})
    theirs = submit(project=other, user=user, spec=parse({"data": {"dataset": "world"}}))
    assert [take().job_id for _ in range(3)] == [first.pk, theirs.pk, second.pk]


@pytest.mark.django_db
def test_a_claim_makes_a_new_attempt_and_raises_the_fence(make_job: Any, take: Take) -> None:
    job = make_job()
    one = take()
    hand_back(claim=one, exit_code=4, reason="stopped")
    two = take()
    job.refresh_from_db()
    assert (one.number, two.number) == (1, 2)
    assert two.fence == job.fence > one.fence
    assert job.state == State.STARTING
    assert job.lease_until is not None
    assert job.lease_until > timezone.now()


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_the_same_time_get_different_jobs(make_job: Any, meanwhile: Meanwhile) -> None:
    expected = {make_job().pk for _ in range(8)}
    together, taken = threading.Barrier(4), []

    def work() -> None:
        together.wait(10)
        while (one := claim(queue="cpu", worker="w", threads=1, device="cpu")) is not None:
            taken.append(one.job_id)

    for _ in range(3):
        meanwhile(work)
    work()
    assert len(taken) <= 8
    assert len(set(taken)) == len(taken)
    remaining = set(Job.objects.filter(state=State.QUEUED).values_list("pk", flat=True))
    assert remaining <= expected - set(taken)


@pytest.mark.django_db
def test_a_heartbeat_prolongs_the_lease_and_tells_of_cancellation(make_job: Any, take: Take) -> None:
    job = make_job()
    held = take()
    expire(job)
    assert heartbeat(claim=held) is None
    job.refresh_from_db()
    assert job.lease_until is not None
    assert job.lease_until > timezone.now()
    request_cancel(job=job, user=job.submitted_by)
    assert heartbeat(claim=held) == "cancel"


@pytest.mark.django_db
def test_every_write_of_who_lost_the_job_is_refused(make_job: Any, take: Take) -> None:
    make_job()
    old = take()
    lose(claim=old, reason="gone")
    take()
    for write in (
        lambda: heartbeat(claim=old),
        lambda: succeed(claim=old, result={}, artifacts=[]),
        lambda: fail(claim=old, cause="x", sentence="x", exit_code=1),
        lambda: cancelled(claim=old, exit_code=4),
        lambda: hand_back(claim=old, exit_code=4, reason=""),
        lambda: lose(claim=old, reason=""),
    ):
        with pytest.raises(FencedOutError):
            write()


@pytest.mark.django_db
@pytest.mark.usefixtures("steady")
def test_a_job_whose_lease_is_over_waits_again(make_job: Any, take: Take) -> None:
    job, healthy = make_job(), make_job()
    held = take()
    take()
    expire(job)
    assert reap() == 1
    job.refresh_from_db()
    assert (job.state, job.attempts_lost) == (State.QUEUED, 1)
    assert "not heard of" in Attempt.objects.get(pk=held.attempt_id).reason
    healthy.refresh_from_db()
    assert healthy.state == State.STARTING


@pytest.mark.django_db
@pytest.mark.usefixtures("steady")
def test_an_active_job_without_a_lease_is_reaped_too(make_job: Any, take: Take) -> None:
    job = make_job()
    take()
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    assert reap() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("steady")
def test_a_job_lost_too_often_fails_and_says_why(make_job: Any, take: Take) -> None:
    job = make_job()
    for number in range(3):
        held = take()
        held.folder.mkdir(parents=True)
        (held.folder / "engine.log").write_text(f"line of attempt {number + 1}\n")
        expire(job)
        reap()
    job.refresh_from_db()
    assert (job.state, job.failure_cause) == (State.FAILED, "lost")
    assert "lost 3 times" in job.failure
    assert "line of attempt 3" in job.failure


@pytest.mark.django_db
@pytest.mark.usefixtures("steady")
def test_a_lost_job_that_should_be_cancelled_is_cancelled(make_job: Any, take: Take) -> None:
    job = make_job()
    take()
    request_cancel(job=job, user=job.submitted_by)
    expire(job)
    reap()
    job.refresh_from_db()
    assert job.state == State.CANCELLED


@pytest.mark.django_db
def test_nothing_is_reaped_for_one_lease_after_the_database_started(
    make_job: Any, take: Take, settings: Settings
) -> None:
    job = make_job()
    take()
    expire(job)
    settings.LEASE_SECONDS = 10_000_000
    assert reap() == 0
    settings.LEASE_SECONDS = 0
    assert reap() == 1
