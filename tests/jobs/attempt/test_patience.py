"""A storage that is away for a while costs a job nothing; one that stays away lets it pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from jobs.attempt import preparing, supervisor
from jobs.attempt.supervisor import supervise
from jobs.models import Job, State
from jobs.operations.claims import Claim
from jobs.operations.jobs import request_cancel
from jobs.operations.lifecycle import resume
from jobs.storage import blobs
from tests.jobs.attempt.outcome import resumed_from

pytestmark = pytest.mark.django_db(transaction=True)
Take = Callable[[], Claim]


class Away:
    """Answers with an error the first times, then as what it stands for."""

    def __init__(self, behind: Callable[..., Any], *, times: int) -> None:
        self.asked = 0
        self._behind = behind
        self.times = times

    def __call__(self, *given: Any, **named: Any) -> Any:
        self.asked += 1
        if self.asked <= self.times:
            raise OSError("the S3 storage says: Could not connect to the endpoint URL")
        return self._behind(*given, **named)


@pytest.fixture
def storage_is_away(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Away]:
    """Nothing can be stored the first times."""

    def make(times: int) -> Away:
        away = Away(blobs.default_storage.save, times=times)
        monkeypatch.setattr(blobs.default_storage, "save", away)
        return away

    return make


def test_a_result_is_stored_as_soon_as_the_storage_is_back(
    make_job: Any, take: Take, storage_is_away: Any, settings: Settings
) -> None:
    settings.STORAGE_SECONDS = 30
    job = make_job("steps:5 checkpoint:100")
    away = storage_is_away(4)
    supervise(take())
    job.refresh_from_db()
    assert away.asked > 4
    assert (job.state, job.attempts_lost, job.attempts.count()) == (State.SUCCEEDED, 0, 1)


def test_a_storage_that_stays_away_lets_the_job_pause_and_it_goes_on_from_its_checkpoint(
    make_job: Any, take: Take, storage_is_away: Any, settings: Settings
) -> None:
    settings.STORAGE_SECONDS = 0.5
    job = make_job("steps:25 checkpoint:10")
    away = storage_is_away(1000)
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.attempts_lost, job.failure) == (State.PAUSED, 0, "")
    assert "The storage was away for more than" in job.pause_reason
    assert "Could not connect" in job.pause_reason
    away.times = 0
    resume(job=job, user=job.submitted_by)
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    assert resumed_from(job, 2) == 20


def test_what_is_wished_does_not_wait_for_a_storage_that_is_away(
    make_job: Any, take: Take, storage_is_away: Any, settings: Settings, meanwhile: Any, wait_for: Any
) -> None:
    settings.STORAGE_SECONDS = 1000
    job = make_job("steps:5 checkpoint:100")
    away = storage_is_away(1000)

    def cancel() -> None:
        wait_for(lambda: away.asked > 2)
        request_cancel(job=job, user=job.submitted_by)

    meanwhile(cancel)
    began = time.monotonic()
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert time.monotonic() - began < 20


@pytest.mark.usefixtures("impatient")
def test_what_is_wished_does_not_wait_for_a_storage_that_hangs(
    make_job: Any, take: Take, monkeypatch: pytest.MonkeyPatch, meanwhile: Any, wait_for: Any
) -> None:
    hangs = []

    def publish(_claim: Claim) -> list[Any]:
        hangs.append(True)
        wait_for(lambda: Job.objects.get(pk=job.pk).state == State.CANCELLED)
        return []

    monkeypatch.setattr(supervisor, "publish", publish)
    job = make_job("steps:5 checkpoint:100")

    def cancel() -> None:
        wait_for(lambda: hangs)
        request_cancel(job=job, user=job.submitted_by)

    meanwhile(cancel)
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.CANCELLED


def test_data_is_fetched_as_soon_as_the_storage_is_back_and_else_the_job_pauses(
    make_job: Any, take: Take, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sources = preparing._sources

    def away(job: Job, folder: Path) -> dict[str, dict[str, str]]:
        asked.append(job.pk)
        if len(asked) <= failures:
            raise blobs.StorageAwayError("world cannot be read.")
        return sources(job, folder)

    asked: list[int] = []
    monkeypatch.setattr(preparing, "_sources", away)
    settings.STORAGE_SECONDS, failures = 0.3, 1000
    job = make_job("steps:5 checkpoint:100")
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.attempts_lost) == (State.PAUSED, 0)
    assert "world cannot be read" in job.pause_reason
    resume(job=job, user=job.submitted_by)
    asked.clear()
    settings.STORAGE_SECONDS, failures = 30.0, 2
    supervise(take())
    job.refresh_from_db()
    assert (job.state, len(asked)) == (State.SUCCEEDED, 3)
    assert resumed_from(job, 2) is None
