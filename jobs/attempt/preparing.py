"""What an attempt begins with: nothing left of the last one, its folder, and where it goes on from."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml
from django.db import transaction

from jobs.attempt.recorder import Recorder, open_journal
from jobs.attempt.resuming import Resume, furthest_checkpoint
from jobs.engine.family import end_leftover
from jobs.models import Attempt, Job
from jobs.operations.checkpoints import go_on_from
from jobs.operations.claims import Claim, FencedOutError, held
from jobs.operations.metrics import seal
from jobs.operations.selections import lost_selections
from jobs.storage.cache import cache_root
from jobs.storage.fetching import fetch_source, teacher_path
from jobs.storage.hashing import StorageError

_log = logging.getLogger(__name__)
WHOSE = "claimed"
"""Lies in the folder of an attempt from its first moment, and tells of which claim it is."""


@dataclass(frozen=True)
class Plan:
    """How the engine of an attempt is started; `note` is what a person should know about it."""

    arguments: list[str]
    threads: int
    device: str
    note: str = ""


def prepare(claim: Claim) -> Plan:
    """This will record what the last attempt still had to say, and plan how the engine goes on from there.

    Raises FencedOutError, StorageError, OSError or a database's error; doing it twice is the same as once.
    """
    job = held(claim).select_related("dataset").prefetch_related("teachers").first()
    if job is None:
        raise FencedOutError
    _end_leftovers(claim, job)
    _drain_last_journal(claim, job)
    first_seq = open_journal(claim=claim)
    if claim.folder.exists():  # of another database with the same home
        shutil.rmtree(claim.folder)
    claim.folder.mkdir(parents=True)
    (claim.folder / WHOSE).write_text(f"{claim.clock_ms}")
    resume = furthest_checkpoint(claim)
    if resume is not None:
        go_on_from(claim=claim, number=resume.made_by)
    spec, sources = claim.folder / "job.yaml", claim.folder / "places.json"
    spec.write_text(yaml.safe_dump(job.spec, sort_keys=False, allow_unicode=True))
    sources.write_text(json.dumps(_sources(job, claim.folder)))
    threads = resume.threads if resume else claim.threads
    arguments = ["run", str(spec), "--out", str(claim.folder), "--sources", str(sources)]
    arguments += ["--cache", str(cache_root()), "--attempt", str(claim.number)]
    arguments += ["--first-seq", str(first_seq), "--threads", str(threads), "--device", claim.device]
    if resume is not None:
        arguments += ["--resume", str(resume.path)]
    return Plan(arguments, threads=threads, device=claim.device, note=_note(claim, resume))


def _end_leftovers(claim: Claim, job: Job) -> None:
    """Whatever still works on this job on this host does so for a claim that is no longer good."""
    end_leftover(pid=None, folder=claim.folder.parent)
    last = job.attempts.exclude(pk=claim.attempt_id).order_by("-number").first()
    if last is not None:
        end_leftover(pid=last.engine_pid, folder=Path(last.folder))


def _drain_last_journal(claim: Claim, job: Job) -> None:
    last = job.attempts.filter(number=job.cursor_attempt).exclude(pk=claim.attempt_id).first()
    if last is None or not Path(last.folder).is_dir():
        return  # its disk is elsewhere or gone: what was not recorded is done again
    if not _is_of(last, Path(last.folder)):
        _log.warning("The folder %s is that of another database and is passed over.", last.folder)
        return
    recorder = Recorder(claim=claim, attempt=last)
    try:
        while recorder.flush():
            pass
    except ValueError as error:
        _log.warning(
            "The rest of the journal of attempt %s of job %s is lost: %s", last.number, job.pk, error
        )
    _seal(claim, last)


@transaction.atomic
def _seal(claim: Claim, last: Attempt) -> None:
    """What came after its end was recorded in open chunks, which nobody else would ever close."""
    if held(claim).select_for_update().first() is None:
        raise FencedOutError
    seal(attempt_id=last.pk)


def _is_of(attempt: Attempt, folder: Path) -> bool:
    """Another database with the same home may have had a job and an attempt of these numbers, at another time."""
    try:
        return (folder / WHOSE).read_text() == f"{attempt.clock_ms}"
    except FileNotFoundError:
        return True


def _sources(job: Job, folder: Path) -> dict[str, dict[str, str]]:
    assert job.dataset is not None, "only a job trained elsewhere has none"
    return {
        "selections": _selections(job, folder / "selections"),
        "datasets": {job.spec["data"]["dataset"]: str(fetch_source(job.dataset))},
        "teachers": {teacher.name: str(teacher_path(teacher)) for teacher in job.teachers.all()},
    }


def _selections(job: Job, folder: Path) -> dict[str, str]:
    """Files named by number: the name of a selection may be none of a file's."""
    if lost := lost_selections(job):
        raise StorageError(f"The selection {lost[0]!r} that the job needs was deleted.")
    paths = {}
    for selection in job.selections.all():
        folder.mkdir(exist_ok=True)
        path = folder / f"{selection.pk}.txt"
        path.write_text(selection.text, encoding="utf-8", newline="")
        paths[selection.name] = str(path)
    return paths


def _note(claim: Claim, resume: Resume | None) -> str:
    if resume is None or _kind(resume.device) == _kind(claim.device):
        return ""
    return (
        f"It goes on from step {resume.step}, which was reached on {resume.device}, now on {claim.device}: "
        "the result is not the same to the last bit."
    )


def _kind(device: str) -> str:
    return device.partition(":")[0]
