"""Ended jobs leave journals and logs on the disk of their host, and little else."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import Any

import pytest
from billiard.exceptions import WorkerLostError
from pytest_django import Settings

from jobs.attempt.publishing import publish
from jobs.attempt.recorder import Recorder, open_journal
from jobs.attempt.workspace import sweep
from jobs.celery import InPlainWords
from jobs.models import Artifact, Attempt, Job, State
from jobs.operations.claims import Claim
from jobs.operations.errors import UnableToPublish
from jobs.storage.blobs import StorageError, staging
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
