"""Saved views of the table of jobs."""

from __future__ import annotations

from django.db.models import QuerySet

from jobs.models import Project, SavedView


def list_views(project: Project) -> QuerySet[SavedView]:
    """This will list the views of a project by name."""
    return project.views.select_related("project", "created_by").order_by("name", "pk")


def find_view(*, project: Project, view_id: int) -> SavedView | None:
    """This will find a view of a project by its id."""
    return list_views(project).filter(pk=view_id).first()
