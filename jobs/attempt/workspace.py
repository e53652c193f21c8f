"""The folder of an attempt: what the engine is given, and where it goes on from."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml
from django.conf import settings

from jobs.attempt.recorder import Recorder, open_journal
from jobs.engine.process import end_leftover
from jobs.models import FINAL, Attempt, Event, Job, State
from jobs.operations.blobs import remove_garbage
from jobs.operations.claims import Claim, FencedOutError, held
from jobs.operations.uploads import remove_stale_uploads
from jobs.storage.blobs import remove_stale_copies, remove_stale_staging
from jobs.storage.fetching import fetch_source, remove_stale_sources, teacher_path
from jobs.storage.hashing import StorageError, sha256_of

_log = logging.getLogger(__name__)
_CHECKPOINTS_TRIED = 20


@dataclass(frozen=True)
class Resume:
    """A checkpoint to go on from, and what it was made with: the same makes the same bits."""

    path: Path
    threads: int
    device: str


@dataclass(frozen=True)
class Plan:
    """How the engine of an attempt is started."""

    arguments: list[str]
    threads: int
    device: str


def prepare(claim: Claim) -> Plan:
    """This will record what the last attempt still had to say, and plan how the engine goes on from there.

    Raises FencedOutError or a database's error; doing it twice is the same as once.
    """
    job = held(claim).select_related("dataset").prefetch_related("teachers").first()
    if job is None:
        raise FencedOutError
    _drain_last_journal(claim, job)
    first_seq = open_journal(claim=claim)
    resume = _newest_checkpoint(claim)
    threads, device = (resume.threads, resume.device) if resume else (settings.THREADS, "cpu")
    if claim.folder.exists():  # of another database with the same home
        shutil.rmtree(claim.folder)
    claim.folder.mkdir(parents=True)
    spec, sources = claim.folder / "job.yaml", claim.folder / "places.json"
    spec.write_text(yaml.safe_dump(job.spec, sort_keys=False, allow_unicode=True))
    sources.write_text(json.dumps(_sources(job)))
    arguments = ["run", str(spec), "--out", str(claim.folder), "--sources", str(sources)]
    arguments += ["--cache", str(Path(settings.MTKD_HOME) / "cache"), "--attempt", str(claim.number)]
    arguments += ["--first-seq", str(first_seq), "--threads", str(threads), "--device", device]
    if resume is not None:
        arguments += ["--resume", str(resume.path)]
    return Plan(arguments=arguments, threads=threads, device=device)


def _drain_last_journal(claim: Claim, job: Job) -> None:
    last = job.attempts.filter(number=job.cursor_attempt).exclude(pk=claim.attempt_id).first()
    if last is None or not Path(last.folder).is_dir():
        return
    end_leftover(pid=last.engine_pid, folder=Path(last.folder))
    recorder = Recorder(claim=claim, attempt=last)
    try:
        while recorder.flush():
            pass
    except ValueError as error:
        _log.warning(
            "The rest of the journal of attempt %s of job %s is lost: %s", last.number, job.pk, error
        )


def _newest_checkpoint(claim: Claim) -> Resume | None:
    named = (
        Event.objects.filter(job_id=claim.job_id, kind="checkpointed")
        .select_related("attempt")
        .order_by("-seq")[:_CHECKPOINTS_TRIED]
    )
    for event in named:
        path = Path(event.attempt.folder) / event.payload["path"]
        if _is(path, event.payload["sha256"]):
            return Resume(path=path, threads=event.attempt.threads, device=event.attempt.device)
    return None


def _is(path: Path, sha256: str) -> bool:
    try:
        return sha256_of(path) == sha256
    except OSError:
        return False


def _sources(job: Job) -> dict[str, dict[str, str]]:
    assert job.dataset is not None, "only a job trained elsewhere has none"
    return {
        "datasets": {job.spec["data"]["dataset"]: str(fetch_source(job.dataset))},
        "teachers": {teacher.name: str(teacher_path(teacher)) for teacher in job.teachers.all()},
    }


def clear(job: Job) -> None:
    """This will remove what an ended job needs no more on this host; journals and logs stay.

    Checkpoints go, and the files that the storage has. Those of a failed job stay: it may have failed to store them.
    """
    assert job.is_final
    for attempt in Attempt.objects.filter(job=job).exclude(folder=""):
        folder = Path(attempt.folder)
        shutil.rmtree(folder / "checkpoint", ignore_errors=True)
        if job.state != State.FAILED:
            shutil.rmtree(folder / "artifacts", ignore_errors=True)


def sweep() -> None:
    """This will clear, on this host, after jobs whose own worker could not do it any more.

    What is left over on the host goes too, and what nothing refers to in the storage.
    """
    found = (Path(settings.MTKD_HOME) / "work" / "jobs").glob("*/attempt-*/checkpoint")
    ids = {int(path.parents[1].name) for path in found if path.parents[1].name.isdecimal()}
    for job in Job.objects.filter(pk__in=ids, state__in=FINAL):
        clear(job)
    remove_stale_staging()
    remove_stale_copies()
    remove_stale_sources()
    try:
        remove_stale_uploads()
        remove_garbage()
    except StorageError as error:
        _log.warning("Garbage is removed from the storage later: %s", error)
