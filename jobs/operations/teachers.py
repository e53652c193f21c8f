"""Taking teachers in, from files and from finished jobs."""

from __future__ import annotations

from jobs.models import Job, Project, Teacher, User


def register_teacher(*, project: Project, user: User, name: str, path: str) -> Teacher:
    """This will check the model file at `path`, copy it into the storage and name it in the project.

    Raises UnableToRegister with one sentence; nothing half-made stays.
    """
    raise NotImplementedError


def promote(*, job: Job, user: User, name: str) -> Teacher:
    """This will make the student of a succeeded job a teacher of its project.

    Raises UnableToPromote with one sentence.
    """
    raise NotImplementedError
