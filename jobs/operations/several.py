"""Several models, checkpoints or files of predictions handed in at once: a teacher each, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.models import Project, Registration, RegistrationKind, Upload, User
from jobs.operations.asking import CHECKPOINT_SUFFIXES, MODEL_SUFFIX, PREDICTION_SUFFIXES
from jobs.operations.errors import UnableToRegister
from jobs.operations.registrations import register

_LONGEST_FIRST = sorted((MODEL_SUFFIX, *CHECKPOINT_SUFFIXES, *PREDICTION_SUFFIXES), key=len, reverse=True)


def teachers_among(*, project: Project, user: User, uploads: Sequence[str]) -> list[Upload]:
    """This will give the uploads by name if they are several and each is a teacher by itself, else none of them."""
    known = Upload.objects.filter(pk__in=filter(None, map(_uuid, uploads)), project=project, user=user)
    rows = sorted(known, key=lambda upload: upload.name)
    if len(rows) < 2 or len(rows) < len(uploads) or not all(_stem(row.name) for row in rows):
        return []
    return rows


@transaction.atomic
def register_each(
    *,
    project: Project,
    user: User,
    uploads: Sequence[Upload],
    prefix: str,
    dataset: str,
    split: str,
    card: dict[str, Any] | None = None,
) -> list[Registration]:
    """This will ask for a teacher for each file, called after `prefix`, if any, and after the file.

    `card` is what is said of all checkpoints among them; predictions have none.

    Raises UnableToRegister for the first that does not fit; then none is asked for.
    """
    made = []
    for upload in uploads:
        name = "-".join(filter(None, (prefix.strip(), _stem(upload.name))))
        try:
            row = register(
                project=project,
                user=user,
                kind=RegistrationKind.TEACHER,
                name=name,
                uploads=[upload],
                dataset=dataset,
                split=split,
                card=card if upload.name.lower().endswith(CHECKPOINT_SUFFIXES) else None,
            )
        except UnableToRegister as refusal:
            fields = {field: f"{upload.name}: {text}" for field, text in refusal.fields.items()}
            raise UnableToRegister(f"{upload.name}: {refusal.message}", fields=fields) from None
        made.append(row)
    return made


def _stem(name: str) -> str:
    """The file's name without its ending; empty where that is of no teacher that stands alone."""
    file = PurePosixPath(name).name
    ending = next((ending for ending in _LONGEST_FIRST if file.lower().endswith(ending)), "")
    return file[: -len(ending)] if ending else ""


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
