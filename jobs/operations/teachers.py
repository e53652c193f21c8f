"""Teachers that a worker has checked, as rows."""

from __future__ import annotations

from functools import partial
from typing import Any

from jobs.models import Blob, Registration, RegistrationKind, StoredFile, Teacher, TeacherKind
from jobs.operations.intake import check_free, refused
from jobs.operations.registrations import promote, register

register_teacher = partial(register, kind="teacher")
__all__ = ["create_teacher", "promote", "refuse_known_content", "register_teacher"]


def create_teacher(
    *, registration: Registration, report: dict[str, Any], origin: dict[str, Any], files: dict[str, Blob]
) -> Teacher:
    """This will make the teacher of a registration; the caller holds Lock.REGISTRATION in its transaction.

    Raises UnableToRegister when its name or its content has been taken meanwhile.
    """
    check_free(RegistrationKind.TEACHER, project=registration.project, name=registration.name)
    refuse_known_content(registration, content_hash=report["content_hash"])
    teacher = Teacher.objects.create(
        project=registration.project,
        name=registration.name,
        kind=TeacherKind(report.get("kind", TeacherKind.MODEL)),
        task=report["task"],
        content_hash=report["content_hash"],
        report=report,
        origin=origin,
        dataset=registration.measured_on,
        created_by=registration.user,
        from_job=registration.from_job,
    )
    StoredFile.objects.bulk_create(
        StoredFile(teacher=teacher, name=file, blob=blob) for file, blob in files.items()
    )
    return teacher


def refuse_known_content(registration: Registration, *, content_hash: str) -> None:
    """This will refuse content that the project has under another name."""
    twin = Teacher.objects.filter(project=registration.project, content_hash=content_hash).first()
    if twin is not None:
        raise refused("path", f"the same content is already registered as {twin.name!r}.")
