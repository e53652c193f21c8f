"""Datasets and teachers out of the way, and out of existence."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from jobs.models import ACTIVE, Baseline, Dataset, Job, Registration, RegistrationState, Teacher
from jobs.operations.errors import UnableToDelete
from jobs.operations.locks import Lock, hold
from jobs.queries.sources import dependents

_MOST_NAMED = 5


def archive(source: Dataset | Teacher) -> None:
    """This will offer a dataset or teacher to no new job; those that use it keep it. Twice is as once."""
    type(source)._default_manager.filter(pk=source.pk, archived_at=None).update(archived_at=Now())
    source.refresh_from_db(fields=["archived_at"])


def unarchive(source: Dataset | Teacher) -> None:
    """This will offer an archived dataset or teacher to new jobs again."""
    type(source)._default_manager.filter(pk=source.pk).update(archived_at=None)
    source.refresh_from_db(fields=["archived_at"])


@transaction.atomic
def delete(source: Dataset | Teacher, *, with_dependents: bool = False) -> None:
    """This will delete a dataset or teacher; its bytes leave the storage with the next tidying up.

    What depends on it goes too where that is asked for, else UnableToDelete names it. Nothing goes while a job
    that uses it is active, or a registration is being checked against it.
    """
    hold(Lock.REGISTRATION)
    noun = source._meta.verbose_name
    # Whoever asks for a job with it waits now, and is then told that it is gone.
    type(source)._default_manager.select_for_update().filter(pk=source.pk).first()
    hanging = dependents(source)
    jobs, teachers = hanging["jobs"], hanging["teachers"]
    busy = [f"job {job.pk} is {job.state}" for job in jobs if job.state in ACTIVE]
    if isinstance(source, Dataset):
        checking = Registration.objects.filter(measured_on=source, state=RegistrationState.CHECKING)
        busy += [
            f"registration {pk} is being checked against it" for pk in checking.values_list("pk", flat=True)
        ]
    if busy:
        raise UnableToDelete(f"The {noun} {source.name!r} is in use: {_named(busy)}. Cancel that first.")
    ids = [job.pk for job in jobs]
    kept = Baseline.objects.filter(job__in=ids).values_list("name", "job_id")
    if named := [f"job {job} is baseline {name!r}" for name, job in kept]:
        raise UnableToDelete(
            f"The {noun} {source.name!r} is needed by a baseline: {_named(named)}. Move or remove that first."
        )
    if (jobs or teachers) and not with_dependents:
        names = [*(f"teacher {teacher.name!r}" for teacher in teachers), *(f"job {job.pk}" for job in jobs)]
        raise UnableToDelete(
            f"The {noun} {source.name!r} is needed by {_named(names)}; they would be deleted too."
        )
    _delete_jobs(jobs)
    for teacher in teachers:
        teacher.delete()
    if isinstance(source, Dataset):
        source.jobs.filter(deleted_at__isnull=False).update(dataset=None)  # their rows go in their own time
        source.teachers.update(
            dataset=None
        )  # models live on; where they were measured stands in their report
    source.delete()


def _delete_jobs(jobs: list[Job]) -> None:
    ids = [job.pk for job in jobs]
    Job.objects.filter(pk__in=ids).delete()
    transaction.on_commit(partial(_remove_folders, ids), robust=True)


def _remove_folders(ids: list[int]) -> None:
    for job_id in ids:
        shutil.rmtree(Path(settings.MTKD_HOME) / "work" / "jobs" / str(job_id), ignore_errors=True)


def _named(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
