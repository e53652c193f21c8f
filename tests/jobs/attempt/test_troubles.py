"""What a supervisor does about engines that take too much, stand still, fall silent or find no room."""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from jobs.attempt import preparing, supervisor
from jobs.attempt.supervisor import supervise
from jobs.engine.process import Engine
from jobs.models import Event, Job, State
from jobs.notify import Listener
from jobs.operations import claims
from jobs.operations.claims import Claim, Seen, heartbeat
from jobs.operations.lifecycle import resume
from jobs.storage import blobs
from tests.jobs.attempt.outcome import resumed_from

pytestmark = pytest.mark.django_db(transaction=True)
Take = Callable[[], Claim]
MB = 1_000_000


def test_an_engine_that_takes_too_much_memory_is_lost_three_times_and_then_fails(
    make_job: Any, take: Take, settings: Settings
) -> None:
    settings.JOB_MEMORY = 150 * MB
    job = make_job("steps:100000 pause:0.01 hog:250")
    for _ in range(3):
        supervise(take())
    job.refresh_from_db()
    assert (job.state, job.failure_cause, job.attempts_lost) == (State.FAILED, "out_of_memory", 3)
    assert "lost 3 times" in job.failure
    assert "ran out of memory" in job.failure
    assert "0.15 GB" in job.failure
    for attempt in job.attempts.all():
        assert attempt.peak_memory is not None
        assert attempt.peak_memory > settings.JOB_MEMORY
        assert f"{attempt.peak_memory / 1e9:.2f} GB" in attempt.reason


def test_an_engine_killed_from_outside_near_its_limit_had_no_memory_left(
    make_job: Any, take: Take, settings: Settings
) -> None:
    settings.JOB_MEMORY = 300 * MB
    settings.LEASE_SECONDS = 1
    job = make_job("steps:400 pause:0.01 hog:220 kill:200")
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.QUEUED
    assert "ran out of memory and was killed from outside" in job.attempts.get().reason
    assert "something terrible comes" in job.attempts.get().reason


def test_an_engine_that_stands_still_beyond_the_lease_is_killed_and_lost(
    make_job: Any, take: Take, settings: Settings
) -> None:
    settings.LEASE_SECONDS = 1
    job = make_job("steps:25 checkpoint:10 freeze:15")
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.attempts_lost) == (State.QUEUED, 1)
    assert "stood still (SIGSTOP) for more than 1 s" in job.attempts.get().reason
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    assert resumed_from(job, 2) == 10


@pytest.mark.parametrize("when", ["before it reads its spec", "while it trains"])
def test_an_engine_whose_folder_is_deleted_is_lost_and_its_job_goes_on(
    make_job: Any, take: Take, monkeypatch: pytest.MonkeyPatch, meanwhile: Any, wait_for: Any, when: str
) -> None:
    job = make_job("steps:400 pause:0.01 rush:1")
    held = take()
    if when == "while it trains":

        def delete() -> None:
            wait_for(lambda: Job.objects.get(pk=job.pk).step > 5)
            shutil.rmtree(held.folder)

        meanwhile(delete)
    else:

        class Bereft(Engine):
            def __init__(self, *given: Any, **more: Any) -> None:
                super().__init__(*given, **more)
                shutil.rmtree(held.folder)

        monkeypatch.setattr(supervisor, "Engine", Bereft)
    supervise(held)
    monkeypatch.undo()
    job.refresh_from_db()
    assert (job.state, job.attempts_lost) == (State.QUEUED, 1)
    assert "was deleted from the disk" in job.attempts.get().reason
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED


def test_an_engine_that_tells_only_what_it_takes_of_the_machine_is_silent(
    make_job: Any, take: Take, settings: Settings
) -> None:
    settings.STALL_SECONDS = 1
    job = make_job("steps:25 mute:15 deaf:1")
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.attempts_lost) == (State.QUEUED, 1)
    assert "said nothing for more than" in job.attempts.get().reason


def test_a_full_disk_pauses_the_job_with_the_place_and_it_goes_on_when_there_is_room(
    make_job: Any, take: Take
) -> None:
    job = make_job("steps:25 checkpoint:10 full:15")
    held = take()
    supervise(held)
    job.refresh_from_db()
    assert (job.state, job.attempts_lost) == (State.PAUSED, 0)
    assert "The disk of worker here:1 is full" in job.pause_reason
    assert str(held.folder.parent) in job.pause_reason
    assert not list(held.folder.rglob("*.partial"))
    assert (job.attempts.get().outcome, job.attempts.get().exit_code) == ("paused", 74)
    resume(job=job, user=job.submitted_by)
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (State.SUCCEEDED, "")
    assert resumed_from(job, 2) == 10


def test_a_disk_that_is_full_before_the_engine_starts_pauses_the_job_and_keeps_nothing(
    make_job: Any, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_job: Job, _folder: Path) -> dict[str, dict[str, str]]:
        raise OSError(errno.ENOSPC, "No space left on device")

    job = make_job()
    held = take()
    with monkeypatch.context() as full:
        full.setattr(preparing, "_sources", no_room)
        supervise(held)
    job.refresh_from_db()
    assert (job.state, held.folder.exists()) == (State.PAUSED, False)
    assert "No space left on device" in job.pause_reason
    resume(job=job, user=job.submitted_by)
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED


def test_a_disk_that_has_no_room_for_the_log_of_the_engine_pauses_the_job(
    make_job: Any, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    job = make_job()
    monkeypatch.setattr("jobs.attempt.supervisor.Engine", no_room)
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.attempts_lost) == (State.PAUSED, 0)
    assert "No space left on device" in job.pause_reason


def test_a_keeper_outlives_what_nobody_expected(
    make_job: Any, take: Take, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def strange(*_: object, **__: object) -> None:
        asked.append(True)
        if len(asked) == 2:
            raise ValueError("an announcement that is no number")
        return wait(*_, **__)

    asked: list[bool] = []
    wait = Listener.wait
    monkeypatch.setattr(Listener, "wait", strange)
    monkeypatch.setattr("jobs.keeping._AGAIN_SECONDS", 0.01)
    job = make_job("steps:60 pause:0.02")
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    assert len(asked) > 3


def test_a_full_storage_pauses_the_job_and_keeps_its_checkpoint_here(
    make_job: Any, take: Take, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_room(name: str, content: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    job = make_job("steps:25 checkpoint:10")
    held = take()
    with monkeypatch.context() as full, caplog.at_level(logging.WARNING):
        full.setattr(blobs.default_storage, "save", no_room)
        supervise(held)
    job.refresh_from_db()
    assert (job.state, job.artifacts.count()) == (State.PAUSED, 0)
    assert "The storage is full" in job.pause_reason
    assert Event.objects.filter(job=job, kind="finished").exists()
    assert list((held.folder / "checkpoint").iterdir())
    resume(job=job, user=job.submitted_by)
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    assert resumed_from(job, 2) == 20


def test_what_an_attempt_takes_and_how_far_it_is_recorded_is_noted_while_it_runs(
    make_job: Any, take: Take, meanwhile: Any, wait_for: Any, settings: Settings
) -> None:
    settings.HEARTBEAT_SECONDS = 0.1
    job = make_job("steps:200 pause:0.02")
    held = take()

    def look() -> None:
        wait_for(lambda: job.attempts.filter(peak_memory__gt=10 * MB, journal_at__isnull=False).exists())

    meanwhile(look)
    supervise(held)
    attempt = job.attempts.get()
    assert attempt.journal_at is not None
    assert attempt.ended_at is not None
    assert attempt.started_at <= attempt.journal_at <= attempt.ended_at
    assert attempt.journal_behind == 0


def test_the_clock_of_a_worker_does_not_show_in_when_its_journal_was_written(
    make_job: Any, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AheadByTenMinutes:
        @staticmethod
        def time_ns() -> int:
            return 1_000_000 * ahead

    make_job()
    ahead = 1_900_000_000_000
    monkeypatch.setattr(claims, "time", AheadByTenMinutes)
    held = take()
    heartbeat(claim=held, seen=Seen(journal_bytes=50, journal_ms=ahead + 2000))
    attempt = Job.objects.get(pk=held.job_id).attempts.get()
    assert attempt.journal_at is not None
    assert (attempt.journal_at - attempt.started_at).total_seconds() == 2
    assert attempt.journal_behind == 50
