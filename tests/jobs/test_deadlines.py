"""Deadlines: how they are read, and what they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import Job, State, User
from jobs.operations.claims import claim, wish_of
from jobs.operations.deadlines import deadline_of, end_overdue
from jobs.operations.lifecycle import request_pause, reschedule, retry


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        (" 1 D ", timedelta(days=1)),
        ("45s", timedelta(seconds=45)),
    ],
)
def test_a_length_counts_from_now(text: str, length: timedelta) -> None:
    before = timezone.now()
    assert before + length <= deadline_of(text) <= timezone.now() + length


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-31T18:00:00Z", datetime(2030, 1, 31, 18, tzinfo=UTC)),
        ("2030-01-31T18:00:00+02:00", datetime(2030, 1, 31, 16, tzinfo=UTC)),
        ("2030-01-31 18:00", datetime(2030, 1, 31, 18, tzinfo=UTC)),
        ("2030-01-31", datetime(2030, 1, 31, tzinfo=UTC)),
    ],
)
def test_a_time_is_of_utc_unless_it_names_another_zone(text: str, moment: datetime) -> None:
    assert deadline_of(text) == moment


@pytest.mark.parametrize(
    "text", ["", "soon", "2x", "-1h", "1.5h", "٣h", "9999-12-31T23:59:59-10:00", "1h30m"]
)
def test_what_is_neither_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"accepted is a length such as 90m, 2h or 1d, or a time"):
        deadline_of(text)


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "words"), [(State.QUEUED, "queued"), (State.PAUSED, "paused")])
def test_what_has_not_begun_in_time_fails_and_says_why(make_job: Any, state: State, words: str) -> None:
    passed = timezone.now() - timedelta(seconds=1)
    late, in_time = make_job(state=state, deadline_at=passed), make_job(state=state)
    soon = make_job(state=state, deadline_at=timezone.now() + timedelta(minutes=5))
    assert (end_overdue(), end_overdue()) == (1, 0)
    late.refresh_from_db()
    assert (late.state, late.failure_cause) == (State.FAILED, "deadline")
    assert late.finished_at is not None
    assert f"{passed:%Y-%m-%d %H:%M} UTC, while it was {words}" in late.failure
    assert set(Job.objects.filter(state=state)) == {in_time, soon}


@pytest.mark.django_db
def test_an_active_job_past_its_deadline_is_told_by_its_worker(make_job: Any, user: User) -> None:
    job = make_job()
    held = claim(queue="cpu", worker="w", threads=1, device="cpu")
    assert held is not None
    Job.objects.filter(pk=job.pk).update(deadline_at=timezone.now() - timedelta(seconds=1))
    assert end_overdue() == 0
    assert wish_of(claim=held) == "deadline"
    reschedule(job=job, user=user, deadline=timezone.now() + timedelta(hours=1))
    assert wish_of(claim=held) is None


@pytest.mark.django_db
def test_a_job_that_failed_by_its_deadline_is_retried_with_another(make_job: Any, user: User) -> None:
    job = request_pause(job=make_job(), user=user)
    Job.objects.filter(pk=job.pk).update(deadline_at=timezone.now() - timedelta(seconds=1))
    end_overdue()
    later = timezone.now() + timedelta(hours=1)
    job = retry(job=job, user=user, deadline=later)
    assert (job.state, job.deadline_at, job.pause_requested_at) == (State.QUEUED, later, None)
    assert end_overdue() == 0


@pytest.mark.django_db
def test_ended_and_deleted_jobs_stay_as_they_are(make_job: Any) -> None:
    passed = timezone.now() - timedelta(days=1)
    make_job(state=State.SUCCEEDED, deadline_at=passed, finished_at=passed)
    make_job(state=State.CANCELLED, deadline_at=passed, finished_at=passed, deleted_at=passed)
    assert end_overdue() == 0
