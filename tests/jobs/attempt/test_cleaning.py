"""Ended jobs leave journals and logs on the disk of their host, and little else."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from billiard.exceptions import WorkerLostError
from django.utils import timezone
from pytest_django import Settings

from jobs.attempt.publishing import publish
from jobs.attempt.recorder import Recorder, open_journal
from jobs.attempt.workspace import end_strays, sweep
from jobs.celery import InPlainWords
from jobs.engine.family import MARK, marked
from jobs.models import Artifact, Attempt, Checkpoint, Event, Job, State
from jobs.operations.claims import Claim
from jobs.operations.endings import hand_back
from jobs.operations.errors import UnableToPublish
from jobs.storage.blobs import StorageError, keep_file, staging
from mtkd_engine.events import ArtifactWritten, Metrics
from mtkd_engine.journal import Journal

pytestmark = pytest.mark.django_db


def worked_on(job: Job, number: int = 1) -> Path:
    folder = Path(job.attempts.get(number=number).folder)
    for name in (
        "checkpoint/step-00000001.pt",
        "artifacts/student.safetensors",
        "journal.jsonl",
        "engine.log",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    return folder


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (State.SUCCEEDED, {"journal.jsonl", "engine.log"}),
        (State.CANCELLED, {"journal.jsonl", "engine.log"}),
        (State.FAILED, {"journal.jsonl", "engine.log", "student.safetensors"}),
    ],
)
def test_a_sweep_clears_after_ended_jobs_only(make_job: Any, take: Any, state: State, kept: set[str]) -> None:
    ended, running = make_job(), make_job()
    take(), take()
    folders = [worked_on(ended), worked_on(running)]
    Job.objects.filter(pk=ended.pk).update(state=state)
    sweep()
    sweep()
    assert left(folders[0]) == kept
    assert left(folders[1]) >= {"step-00000001.pt", "student.safetensors"}


def test_a_sweep_keeps_the_checkpoint_of_a_failed_job_that_the_storage_has_not(
    make_job: Any, take: Any
) -> None:
    job = make_job()
    held = take()
    folder = worked_on(job)
    event = told(held, step=1)
    Job.objects.filter(pk=job.pk).update(state=State.FAILED, finished_at=timezone.now())
    sweep()
    assert "step-00000001.pt" in left(folder)
    blob = keep_file(folder / "journal.jsonl")
    Checkpoint.objects.create(job=job, attempt=event.attempt, step=1, seq=event.seq, path="x", blob=blob)
    sweep()
    assert "step-00000001.pt" not in left(folder)


def test_a_sweep_removes_the_whole_folder_two_weeks_after_the_end(make_job: Any, take: Any) -> None:
    job = make_job()
    take()
    folder = worked_on(job)
    ended = timezone.now() - timedelta(days=13)
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, finished_at=ended)
    sweep()
    assert left(folder) == {"journal.jsonl", "engine.log"}
    Job.objects.filter(pk=job.pk).update(finished_at=ended - timedelta(days=2))
    sweep()
    assert not folder.exists()


def test_a_sweep_removes_checkpoints_that_newer_ones_in_the_storage_have_outlived(
    make_job: Any, take: Any
) -> None:
    job = make_job()
    hand_back(claim=take(), reason="")
    second = take()
    folders = [worked_on(job, number) for number in (1, 2)]
    sweep()
    assert all("step-00000001.pt" in left(folder) for folder in folders)
    event, blob = told(second, step=2), keep_file(folders[1] / "journal.jsonl")
    Checkpoint.objects.create(job=job, attempt=event.attempt, step=2, seq=event.seq, path="x", blob=blob)
    sweep()
    assert "step-00000001.pt" not in left(folders[0])
    assert "step-00000001.pt" in left(folders[1])


def test_a_sweep_removes_the_folders_of_deleted_jobs_a_day_later(settings: Settings) -> None:
    folder = Path(settings.MTKD_HOME) / "work" / "jobs" / "4711" / "attempt-1"
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").write_text("x")
    sweep()
    assert folder.exists()
    yesterday = time.time() - 25 * 3600
    for path in (folder / "journal.jsonl", folder):
        os.utime(path, (yesterday, yesterday))
    sweep()
    assert not folder.parent.exists()


def test_a_sweep_ends_engines_whose_attempt_is_not_the_present_one(
    make_job: Any, take: Any, wait_for: Any
) -> None:
    make_job()
    hand_back(claim=(old := take()), reason="")
    present = take()
    present.folder.mkdir(parents=True)
    code = "import time; time.sleep(600)"
    stray, healthy = (
        subprocess.Popen(
            [sys.executable, "-c", code], env={**os.environ, MARK: str(claim.folder)}, start_new_session=True
        )
        for claim in (old, present)
    )
    try:
        wait_for(lambda: marked(old.folder) and marked(present.folder))
        assert end_strays() == 1
        assert stray.wait(10) == -9
        assert healthy.poll() is None
    finally:
        for process in (stray, healthy):
            process.kill()
            process.wait()


def test_what_works_for_a_supervisor_that_is_gone_is_ended_whatever_the_rows_say(
    make_job: Any, take: Any, wait_for: Any
) -> None:
    make_job()
    present = take()
    present.folder.mkdir(parents=True)
    sleep = "import time; time.sleep(600)"
    report = f"""
import os, subprocess, sys
from pathlib import Path
from jobs.engine.family import MARK, SUPERVISOR, this_process
marks = {{MARK: {str(present.folder)!r}, SUPERVISOR: this_process()}}
child = subprocess.Popen([sys.executable, "-c", {sleep!r}], env={{**os.environ, **marks}}, start_new_session=True)
print(child.pid, flush=True)
sys.stdin.read()
"""
    supervisor = subprocess.Popen(
        [sys.executable, "-c", report], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdin is not None
    assert supervisor.stdout is not None
    try:
        orphan = psutil.Process(int(supervisor.stdout.readline()))
        wait_for(lambda: marked(present.folder))
        assert end_strays() == 0
        supervisor.kill()
        supervisor.wait()
        assert end_strays() == 1
        wait_for(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)
    finally:
        supervisor.kill()
        supervisor.wait()
        supervisor.stdin.close()
        supervisor.stdout.close()


def told(claim: Claim, *, step: int) -> Event:
    """A recorded event about a checkpoint of an attempt."""
    payload = {"step": step, "path": "checkpoint/step-00000001.pt", "sha256": "0" * 64}
    return Event.objects.create(
        job_id=claim.job_id,
        attempt_id=claim.attempt_id,
        seq=claim.number * 10,
        kind="checkpointed",
        step=step,
        payload=payload,
        at=timezone.now(),
    )


def test_a_sweep_ends_half_copies_of_yesterday(settings: Settings) -> None:
    with staging() as fresh, staging() as stale:
        yesterday = time.time() - 25 * 3600
        os.utime(stale, (yesterday, yesterday))
        sweep()
        assert fresh.is_dir()
        assert not stale.exists()


def test_a_sweep_survives_a_storage_that_is_away(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove_garbage() -> int:
        raise StorageError("The S3 storage is away.")

    monkeypatch.setattr("jobs.attempt.workspace.remove_garbage", remove_garbage)
    sweep()
    assert "Garbage is removed from the storage later: The S3 storage is away." in caplog.text


def test_artifacts_are_published_all_or_none(make_job: Any, take: Any, settings: Settings) -> None:
    make_job()
    claim: Claim = take()
    open_journal(claim=claim)
    claim.folder.mkdir(parents=True)
    (claim.folder / "good").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    with Journal(claim.folder / "journal.jsonl") as journal:
        for name in ("good", "gone"):
            journal.append(
                ArtifactWritten(name=name, path=name, sha256=empty, size=0, media_type="text/plain")
            )
    Recorder(claim=claim, attempt=Attempt.objects.get(pk=claim.attempt_id)).flush()
    with pytest.raises(UnableToPublish, match="gone"):
        publish(claim)
    assert not Artifact.objects.exists()


def test_the_longest_name_of_a_teacher_fits_into_the_names_of_metrics(make_job: Any, take: Any) -> None:
    job = make_job()
    claim: Claim = take()
    open_journal(claim=claim)
    with Journal(claim.folder / "journal.jsonl") as journal:
        journal.append(Metrics(step=1, values={f"fold/{'t' * 300}/9/loss/total": 1.0}))
    Recorder(claim=claim, attempt=Attempt.objects.get(pk=claim.attempt_id)).flush()
    assert job.chunks.count() == 1


def test_a_killed_worker_process_is_one_line_in_the_log() -> None:
    error = WorkerLostError("Worker exited prematurely: signal 9 (SIGKILL) Job: 2.")
    record = logging.LogRecord(
        "celery.worker.request", logging.ERROR, "", 0, "Task raised: %r", (error,), (type(error), error, None)
    )
    assert InPlainWords().filter(record)
    assert record.exc_info is None
    assert "killed" in record.getMessage()
