"""What is registered in a project, by which label, and what hangs on it."""

from __future__ import annotations

from typing import TypedDict, TypeVar

from django.db.models import F, Q, QuerySet

from jobs.models import Dataset, Job, Project, Teacher, TeacherKind

Source = TypeVar("Source", Dataset, Teacher)


class Dependents(TypedDict):
    """What would go with a dataset or teacher."""

    jobs: list[Job]
    teachers: list[Teacher]


def list_datasets(*, project: Project, archived: bool | None = False) -> QuerySet[Dataset]:
    """This will list the datasets of a project by name, newest version first; `archived=None` means all."""
    return _of(Dataset.objects.filter(project=project), archived).order_by("name", "-version")


def list_teachers(*, project: Project, archived: bool | None = False) -> QuerySet[Teacher]:
    """This will list the teachers of a project by name, each with its job and dataset; `archived=None`: all."""
    found = Teacher.objects.filter(project=project).select_related("from_job", "dataset")
    return _of(found, archived).order_by("name")


def find_dataset(project: Project, label: str) -> Dataset | None:
    """This will find "name" (its newest version that is not archived) or "name@3".

    An archived one is found where nothing else answers to the label: the caller says so.
    """
    found = Dataset.objects.filter(project=project)
    name, at, version = label.rpartition("@")
    if at and version.isascii() and version.isdecimal() and len(version) < 10:
        return found.filter(name=name, version=int(version)).first()
    return found.filter(name=label).order_by(F("archived_at").desc(nulls_first=True), "-version").first()


def dependents(source: Dataset | Teacher) -> Dependents:
    """This will list the jobs and teachers that cannot be without a dataset or teacher; deleted jobs can.

    A model that was measured on a dataset can be without it; predictions for its samples cannot.
    """
    if isinstance(source, Teacher):
        return {"jobs": list(source.jobs.filter(deleted_at__isnull=True).order_by("id")), "teachers": []}
    teachers = list(source.teachers.filter(kind=TeacherKind.PREDICTIONS).order_by("name"))
    using = Job.objects.filter(Q(dataset=source) | Q(teachers__in=teachers), deleted_at__isnull=True)
    return {"jobs": list(using.distinct().order_by("id")), "teachers": teachers}


def _of(found: QuerySet[Source], archived: bool | None) -> QuerySet[Source]:
    return found if archived is None else found.filter(archived_at__isnull=not archived)
