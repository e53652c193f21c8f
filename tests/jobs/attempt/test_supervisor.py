"""Whole attempts: a real engine process, a real database, one claim at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import psycopg
import pytest
from django.conf import settings as configured
from django.db import connection
from pytest_django import Settings

from jobs import stopping
from jobs.attempt.preparing import prepare
from jobs.attempt.supervisor import supervise
from jobs.engine.process import Engine
from jobs.models import Attempt, Event, Job, MetricChunk, State
from jobs.notify import Listener
from jobs.operations.claims import Claim
from jobs.operations.endings import lose
from jobs.operations.jobs import request_cancel
from mtkd_engine.events import Metrics
from mtkd_engine.journal import Journal
from tests.jobs.attempt.outcome import curve, student

pytestmark = pytest.mark.django_db(transaction=True)
Take = Callable[[], Claim]
Meanwhile = Callable[[Callable[[], None]], None]


def engine_of(job: Job) -> psutil.Process | None:
    pid = (
        Attempt.objects.filter(job=job, engine_pid__isnull=False).values_list("engine_pid", flat=True).last()
    )
    return psutil.Process(pid) if pid else None


def test_a_job_runs_to_its_result(make_job: Any, take: Take) -> None:
    job = make_job("steps:30")
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.step, job.total_steps, job.part) == (State.SUCCEEDED, 30, 30, "training")
    assert job.result["metrics"]["r1@0.5"] == 0.4
    assert job.lease_until is None
    assert curve(job)[0] == list(range(1, 31))
    kinds = list(Event.objects.filter(job=job).values_list("kind", flat=True))
    assert kinds == [*("started", "entered"), *["checkpointed"] * 3, *["artifactwritten"] * 2, "finished"]
    assert len(student(job)) == 8
    attempt = job.attempts.get()
    assert (attempt.outcome, attempt.exit_code, attempt.checkpoint_step) == ("succeeded", 0, 30)
    assert not MetricChunk.objects.filter(job=job, sealed=False).exists()
    assert not (Path(attempt.folder) / "checkpoint").exists()


def test_a_failure_of_the_engine_is_told_in_its_own_words(make_job: Any, take: Take) -> None:
    job = make_job("fail:5")
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.failure_cause) == (State.FAILED, "nan")
    assert job.failure == "The loss is NaN at step 5."


def test_a_crash_without_a_word_is_told_with_the_end_of_the_log(make_job: Any, take: Take) -> None:
    job = make_job("at:3 exit:1")
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.failure_cause) == (State.FAILED, "crashed")
    assert "exit code 1" in job.failure
    assert "Traceback: it broke" in job.failure


def test_a_line_that_is_no_event_fails_the_job_with_a_sentence(make_job: Any, take: Take) -> None:
    job = make_job("rubbish:4 steps:2000 pause:0.01")
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.failure_cause) == (State.FAILED, "journal")
    assert "is not an event" in job.failure


def test_an_artifact_that_changed_fails_the_job_and_leaves_no_artifact(make_job: Any, take: Take) -> None:
    job = make_job("spoil:1")
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.failure_cause) == (State.FAILED, "storage")
    assert "has changed since it was written" in job.failure
    assert not job.artifacts.exists()
    assert not list(Path(configured.STORAGE).rglob("student*"))


def test_a_killed_engine_resumes_and_ends_as_if_nothing_had_happened(make_job: Any, take: Take) -> None:
    calm, shaken = make_job("steps:47 checkpoint:10"), make_job("steps:47 checkpoint:10 kill:35 times:2")
    supervise(take())
    supervise(take())
    shaken.refresh_from_db()
    assert (shaken.state, shaken.attempts_lost) == (State.QUEUED, 1)
    supervise(take())
    supervise(take())
    shaken.refresh_from_db()
    assert (shaken.state, shaken.attempts_lost) == (State.SUCCEEDED, 2)
    assert [attempt.outcome for attempt in shaken.attempts.all()] == ["lost", "lost", "succeeded"]
    assert "killed (SIGKILL)" in shaken.attempts.all()[0].reason
    assert curve(shaken) == curve(calm)
    assert student(shaken) == student(calm)
    seqs = list(Event.objects.filter(job=shaken).values_list("seq", flat=True))
    assert len(seqs) == len(set(seqs))


def test_three_killed_engines_fail_the_job_with_the_cause_in_plain_words(make_job: Any, take: Take) -> None:
    job = make_job("kill:5 times:9")
    for _ in range(3):
        supervise(take())
    job.refresh_from_db()
    assert (job.state, job.failure_cause, job.attempts_lost) == (State.FAILED, "lost", 3)
    assert "lost 3 times" in job.failure
    assert "ran out of memory" in job.failure
    assert "something terrible comes" in job.failure


def test_a_cancelled_job_stops_within_a_second_and_keeps_its_points(
    make_job: Any, take: Take, meanwhile: Meanwhile, wait_for: Any
) -> None:
    job = make_job("steps:100000 pause:0.01")

    def cancel() -> None:
        wait_for(lambda: Job.objects.get(pk=job.pk).step > 5)
        request_cancel(job=job, user=job.submitted_by)
        wait_for(lambda: Job.objects.get(pk=job.pk).state == State.CANCELLED, seconds=1.0)

    meanwhile(cancel)
    supervise(take())
    job.refresh_from_db()
    assert (job.state, job.attempts.get().outcome) == (State.CANCELLED, "cancelled")
    assert job.attempts.get().exit_code == 4
    assert curve(job)[0] == list(range(1, job.step + 1))


@pytest.mark.usefixtures("impatient")
def test_an_engine_that_ignores_its_cancellation_is_killed_with_its_whole_group(
    make_job: Any, take: Take, meanwhile: Meanwhile, wait_for: Any
) -> None:
    job = make_job("steps:100000 pause:0.01 deaf:1 child:1")
    claim = take()

    def cancel() -> None:
        wait_for(lambda: Job.objects.get(pk=job.pk).step > 1)
        request_cancel(job=job, user=job.submitted_by)

    meanwhile(cancel)
    supervise(claim)
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    grandchild = int((claim.folder / "grandchild").read_text())
    wait_for(lambda: not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == "zombie")
    engine = job.attempts.get().engine_pid
    assert engine is not None
    assert not psutil.pid_exists(engine)


def test_a_worker_that_stops_hands_its_job_back_with_a_checkpoint(
    make_job: Any, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job("steps:500 pause:0.005 checkpoint:1000")
    with monkeypatch.context() as stopped:
        stopped.setattr(stopping, "is_announced", lambda: Job.objects.get(pk=job.pk).step > 5)
        supervise(take())
    job.refresh_from_db()
    assert (job.state, job.attempts_lost) == (State.QUEUED, 0)
    first = job.attempts.get()
    assert (first.outcome, first.checkpoint_step) == ("handed_back", job.step)
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    calm = make_job("steps:500 checkpoint:1000")
    supervise(take())
    assert curve(job) == curve(calm)


def test_a_worker_that_is_fenced_out_kills_its_engine_and_writes_no_more(
    make_job: Any, take: Take, meanwhile: Meanwhile, wait_for: Any, settings: Settings
) -> None:
    settings.HEARTBEAT_SECONDS = 0.1
    job = make_job("steps:100000 pause:0.01 deaf:1")
    claim = take()

    def take_away() -> None:
        wait_for(lambda: Job.objects.get(pk=job.pk).step > 1 and engine_of(job))
        lose(claim=claim, reason="somebody decided so.")

    meanwhile(take_away)
    supervise(claim)
    job.refresh_from_db()
    assert (job.state, job.attempts_lost) == (State.QUEUED, 1)
    engine = job.attempts.get().engine_pid
    assert engine is not None
    assert not psutil.pid_exists(engine)
    before = job.cursor_seq
    assert (claim.folder / "journal.jsonl").read_bytes().count(b"\n") >= before


def test_what_a_dead_worker_did_not_record_is_recorded_before_the_next_attempt(
    make_job: Any, take: Take, wait_for: Any, tmp_path: Path
) -> None:
    calm, job = make_job("steps:40"), make_job("steps:40 kill:33")
    supervise(take())
    claim = take()
    # An attempt whose worker died with everything in the journal and nothing in the database.
    arguments = prepare(claim).arguments
    engine = Engine(arguments, folder=claim.folder)
    wait_for(lambda: engine.exit_code() is not None)
    assert engine.exit_code() == -9
    lose(claim=claim, reason="its worker died.")
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    assert Event.objects.filter(job=job, attempt__number=1, kind="checkpointed").count() == 3
    assert Event.objects.get(job=job, attempt__number=2, kind="started").payload["resumed_from_step"] == 30
    assert curve(job) == curve(calm)
    assert student(job) == student(calm)


def test_the_journal_of_another_database_with_the_same_home_is_not_recorded(
    make_job: Any, take: Take
) -> None:
    job = make_job("steps:5")
    claim = take()
    prepare(claim)
    lose(claim=claim, reason="its worker died.")
    (claim.folder / "claimed").write_text("of another time")
    with Journal(claim.folder / "journal.jsonl") as journal:
        journal.append(Metrics(step=1, values={"loss/total": 7.0}))
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    assert not job.chunks.filter(attempt__number=1).exists()


def test_the_engine_works_on_while_the_database_is_away_and_nothing_is_lost(
    make_job: Any, take: Take, meanwhile: Meanwhile, wait_for: Any
) -> None:
    job, calm = make_job("steps:150 pause:0.01"), make_job("steps:150")
    claim = take()
    journal = claim.folder / "journal.jsonl"

    def interrupt() -> None:
        wait_for(lambda: Job.objects.get(pk=job.pk).step > 5)
        name = connection.settings_dict["NAME"]
        parameters = connection.get_connection_params()
        address = {key: parameters[key] for key in ("user", "host", "port", "password") if key in parameters}
        with psycopg.connect(**address, dbname="postgres", autocommit=True) as other:
            other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            lines = journal.read_bytes().count(b"\n")
            wait_for(lambda: journal.read_bytes().count(b"\n") > lines + 40)
            other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    meanwhile(interrupt)
    supervise(claim)
    connection.close()
    job.refresh_from_db()
    assert (job.state, job.attempts_lost) == (State.SUCCEEDED, 0)
    supervise(take())
    assert curve(job) == curve(calm)


@pytest.mark.usefixtures("impatient")
def test_an_incomplete_line_is_never_recorded(
    make_job: Any, take: Take, meanwhile: Meanwhile, wait_for: Any
) -> None:
    job = make_job("steps:20 half:7 deaf:1")

    def cancel() -> None:
        wait_for(lambda: Job.objects.get(pk=job.pk).step == 7)
        request_cancel(job=job, user=job.submitted_by)

    meanwhile(cancel)
    supervise(take())
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert np.array_equal(curve(job)[0], range(1, 8))
    assert job.cursor_seq < 100


def test_the_engine_does_not_learn_the_secrets_of_the_site(
    make_job: Any, take: Take, monkeypatch: pytest.MonkeyPatch, wait_for: Any
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    make_job("steps:3 pause:0.2")
    claim = take()
    engine = Engine(prepare(claim).arguments, folder=claim.folder)
    try:
        wait_for((claim.folder / "journal.jsonl").exists)
        known = psutil.Process(engine.pid).environ()
    finally:
        engine.kill()
    assert not {"DATABASE_URL", "BROKER_URL", "MTKD_SECRET_KEY"} & known.keys()


def test_listeners_are_told_at_most_every_quarter_second(
    make_job: Any, take: Take, meanwhile: Meanwhile
) -> None:
    job = make_job("steps:100 pause:0.01")
    heard: list[float] = []

    def listen() -> None:
        listener = Listener(hears_records=True)
        while not Job.objects.get(pk=job.pk).is_final:
            if job.pk in (listener.wait(seconds=0.05) or ()):
                heard.append(time.monotonic())
        listener.close()

    meanwhile(listen)
    began = time.monotonic()
    supervise(take())
    assert len(heard) <= (time.monotonic() - began) / configured.NOTIFY_SECONDS + 5
    assert len(heard) > 2
