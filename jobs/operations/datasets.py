"""Datasets that a worker has sealed, as rows."""

from __future__ import annotations

from typing import Any

from django.db.models import Max

from jobs.models import Blob, Dataset, Registration, RegistrationKind, RegistrationState, StoredFile


def create_dataset(
    *, registration: Registration, report: dict[str, Any], origin: dict[str, Any], files: dict[str, Blob]
) -> Dataset:
    """This will make the dataset of a registration; the caller holds Lock.REGISTRATION and has checked it."""
    project, name = registration.project, registration.name
    earlier = Dataset.objects.filter(project=project, name=name)
    last = max(earlier.aggregate(last=Max("version"))["last"] or 0, _registered_before(registration))
    earlier.update(superseded=True)
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


def _registered_before(registration: Registration) -> int:
    """How many versions of the name there have been: the number of a deleted one must not come to mean other data."""
    same = Registration.objects.filter(project=registration.project, name=registration.name)
    return same.filter(kind=RegistrationKind.DATASET, state=RegistrationState.REGISTERED).count()
