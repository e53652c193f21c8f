"""Teachers that a worker has checked, as rows."""

from __future__ import annotations

from typing import Any

from jobs.models import Blob, Registration, StoredFile, Teacher, TeacherKind


def create_teacher(
    *, registration: Registration, report: dict[str, Any], origin: dict[str, Any], files: dict[str, Blob]
) -> Teacher:
    """This will make the teacher of a registration; the caller holds Lock.REGISTRATION and has checked it."""
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
