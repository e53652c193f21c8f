"""Taking teachers in, from files and from finished jobs."""

from __future__ import annotations

import hashlib
from pathlib import Path

from jobs.models import Job, Project, State, Teacher, User
from jobs.operations.errors import UnableToPromote, UnableToRegister
from jobs.operations.intake import (
    allowed_path,
    free_name,
    is_allowed,
    keep,
    refused,
    refusing_disk_errors,
    report_on,
)
from jobs.storage import StorageError, copy_file, open_artifact, path_of, staging

STUDENT = "student.safetensors"
_MODEL = "model.safetensors"


def register_teacher(*, project: Project, user: User, name: str, path: str) -> Teacher:
    """This will check the model file at `path`, copy it into the storage and name it in the project.

    A model card NAME.json beside it comes along. Raises UnableToRegister with one sentence; nothing
    half-made stays.
    """
    name = free_name(Teacher, project=project, name=name)
    file = allowed_path(path)
    if not file.is_file():
        raise refused("path", f"given {path!r}, accepted is a .safetensors file.")
    card = file.with_suffix(".json")
    if card.is_file() and not is_allowed(card):
        raise refused("path", f"{card.name} is a link to a place that nothing may be registered from.")
    return _take_in(project=project, user=user, name=name, file=file, from_job=None)


def promote(*, job: Job, user: User, name: str) -> Teacher:
    """This will make the student of a succeeded job a teacher of its project.

    Raises UnableToPromote with one sentence.
    """
    try:
        if job.state != State.SUCCEEDED:
            raise refused("", f"Job {job.pk} is {job.state}; only a succeeded job has a student to promote.")
        name = free_name(Teacher, project=job.project, name=name)
        artifact = job.artifacts.filter(name=STUDENT).first()
        if artifact is None:
            raise refused("", f"Job {job.pk} has no {STUDENT} among its artifacts.")
        open_artifact(artifact).close()
        file = path_of(artifact.storage_key)
        return _take_in(project=job.project, user=user, name=name, file=file, from_job=job)
    except UnableToRegister as error:
        raise UnableToPromote(error.message, fields=error.fields) from None
    except StorageError as error:
        raise UnableToPromote(str(error)) from None


def _take_in(*, project: Project, user: User, name: str, file: Path, from_job: Job | None) -> Teacher:
    with staging() as stage:
        folder = stage / "teacher"
        folder.mkdir()
        with refusing_disk_errors():
            # Under its own name first, so that a refusal speaks of the file that the user knows.
            copy_file(file, folder / file.name)
            card_mark = _copy_card(file.with_suffix(".json"), folder)
        report = report_on("teacher", folder / file.name)
        for staged in list(folder.iterdir()):
            staged.rename(folder / f"model{staged.suffix}")
        key = f"teachers/{report['content_hash']}{card_mark}"
        teacher = Teacher(
            project=project,
            name=name,
            task=report["task"],
            content_hash=report["content_hash"],
            storage_key=f"{key}/{_MODEL}",
            report=report,
            created_by=user,
            from_job=from_job,
        )
        return keep(folder, key=key, row=teacher)


def _copy_card(card: Path, folder: Path) -> str:
    """Copy a card that lies beside the model; the same parameters with another card are another teacher."""
    if not card.is_file():
        return ""
    copy_file(card, folder / card.name)
    return "-" + hashlib.sha256((folder / card.name).read_bytes()).hexdigest()[:12]
