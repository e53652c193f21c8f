"""Baselines of a project, and those that a job is."""

from __future__ import annotations

from django.db.models import QuerySet

from jobs.models import Baseline, Job, Project


def list_baselines(project: Project) -> QuerySet[Baseline]:
    """This will list the baselines of a project by name, each with its job and who set it."""
    return (
        Baseline.objects.filter(project=project).select_related("project", "job", "set_by").order_by("name")
    )


def baseline_names(job: Job) -> list[str]:
    """This will name the baselines that a job is."""
    return list(Baseline.objects.filter(job=job).order_by("name").values_list("name", flat=True))
