"""Datasets that a worker has sealed, as rows."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Max

from jobs.models import Blob, Dataset, Registration, RegistrationKind, StoredFile
from jobs.operations.intake import check_free, refused
from jobs.operations.registrations import register

register_dataset = partial(register, kind="dataset")


def create_dataset(
    *, registration: Registration, report: dict[str, Any], origin: dict[str, Any], files: dict[str, Blob]
) -> Dataset:
    """This will make the dataset of a registration; the caller holds Lock.REGISTRATION in its transaction.

    Raises UnableToRegister when its name or its content has been taken meanwhile.
    """
    project, name = registration.project, registration.name
    new_version = bool(registration.asked.get("new_version"))
    check_free(RegistrationKind.DATASET, project=project, name=name, new_version=new_version)
    refuse_known_content(registration, content_hash=report["content_hash"])
    last = Dataset.objects.filter(project=project, name=name).aggregate(last=Max("version"))["last"] or 0
    dataset = Dataset.objects.create(
        project=project,
        name=name,
        version=last + 1,
        task=report["task"],
        content_hash=report["content_hash"],
        report=report,
        origin=origin,
        created_by=registration.user,
    )
    StoredFile.objects.bulk_create(
        StoredFile(dataset=dataset, name=file, blob=blob) for file, blob in files.items()
    )
    return dataset


def refuse_known_content(registration: Registration, *, content_hash: str) -> None:
    """This will refuse content that the project has under another name."""
    twin = Dataset.objects.filter(project=registration.project, content_hash=content_hash).first()
    if twin is not None:
        raise refused("path", f"the same content is already registered as {twin.label!r}.")
