"""Saved views and chosen columns of the table of jobs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jobs.models import Project
from jobs.operations.errors import UnableToSave
from jobs.operations.views import delete_view, save_view
from jobs.queries.final_metrics import names_in
from jobs.queries.table.columns import OF_ROW, column_of, usual_in
from jobs.queries.table.offered import spec_paths_in
from jobs.queries.views import list_views
from webapp.access import project_or_404, user_of, view_or_404
from webapp.forms.job_table import Asked, read_asked


def view_context(project: Project, asked: Asked) -> dict[str, Any]:
    """This will give the saved views of a project, and the one that an address is, if any."""
    views, here = list(list_views(project)), asked.address()
    return {"views": views, "view": next((view for view in views if view.address == here), None)}


@require_safe
def columns(request: HttpRequest, slug: str) -> HttpResponse:
    """This will offer the columns that the jobs of a project have, or lead to the table with the ticked ones."""
    project = project_or_404(request, slug)
    asked = read_asked(request.GET.dict(), usual=usual_in(project))
    ticked = request.GET.getlist("column")
    if ticked:
        kept = [name for name in asked.names if name in ticked]
        wanted = [*kept, *(name for name in ticked if name not in kept)]
        return redirect(table_address(project, asked.address(columns=",".join(wanted))))
    metrics, paths = names_in(project), spec_paths_in(project)
    known = {*OF_ROW, *metrics, *paths}
    groups = [
        ("Final metrics", [name for name in metrics if "," not in name]),
        ("Fields of the spec", paths),
        ("Others", [name for name in asked.names if name not in known]),
    ]
    context = {
        "project": project,
        "asked": asked,
        "back": table_address(project, asked.address()),
        "of_row": [(column, column.name in asked.names) for column in OF_ROW.values()],
        "groups": [
            (title, [(column_of(name), name in asked.names) for name in names])
            for title, names in groups
            if names
        ],
    }
    return render(request, "jobs/columns.html", context)


@require_POST
def view_new(request: HttpRequest, slug: str) -> HttpResponse:
    """This will save what the table shows as a view that all members see."""
    project = project_or_404(request, slug)
    asked = read_asked(QueryDict(request.POST.get("query", "")).dict(), usual=usual_in(project))
    try:
        view = save_view(
            project=project,
            user=user_of(request),
            name=request.POST.get("name", ""),
            address=asked.address(),
        )
        messages.success(request, f"The view “{view.name}” is saved for all members of the project.")
    except UnableToSave as refusal:
        messages.error(request, refusal.message)
    return redirect(table_address(project, asked.address()))


@require_POST
def view_deletion(request: HttpRequest, slug: str, view_id: int) -> HttpResponse:
    """This will forget a saved view; the table stays as it is."""
    view = view_or_404(request, slug, view_id)
    delete_view(view=view, user=user_of(request))
    messages.success(request, f"The view “{view.name}” was deleted.")
    return redirect(table_address(view.project, view.address))


def table_address(project: Project, query: str) -> str:
    """This will give the address of the table of jobs with a query behind the question mark."""
    return f"{reverse('job-list', args=[project.slug])}{'?' if query else ''}{query}"
