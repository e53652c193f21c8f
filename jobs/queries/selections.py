"""Selections of datasets, without their ids: those may be many."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from jobs.models import Dataset, Project, Selection


def list_selections(*, project: Project, dataset: Dataset | None = None) -> QuerySet[Selection]:
    """This will list the selections of a project, or of one of its datasets, by dataset and name.

    `used` is how many jobs name each, deleted ones left out.
    """
    found = Selection.objects.filter(project=project).defer("packed")
    if dataset is not None:
        found = found.filter(dataset=dataset)
    used = Count("jobs", filter=Q(jobs__deleted_at__isnull=True))
    related = found.select_related("dataset", "project", "created_by", "from_job")
    return related.annotate(used=used).order_by("dataset__name", "-dataset__version", "name")
