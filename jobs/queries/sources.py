"""What is registered in a project."""

from __future__ import annotations

from django.db.models import QuerySet

from jobs.models import Dataset, Project, Teacher


def list_datasets(*, project: Project) -> QuerySet[Dataset]:
    """This will list the datasets of a project by name."""
    return Dataset.objects.filter(project=project).order_by("name")


def list_teachers(*, project: Project) -> QuerySet[Teacher]:
    """This will list the teachers of a project by name, each with the job it was promoted from."""
    return Teacher.objects.filter(project=project).select_related("from_job").order_by("name")
