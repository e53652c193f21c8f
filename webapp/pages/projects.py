"""A project: its datasets, teachers and jobs, and its settings."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from jobs.operations.errors import UnableToChange
from jobs.operations.projects import change_project
from jobs.queries.groups import list_groups
from jobs.queries.jobs import list_jobs
from jobs.queries.queues import why_waiting
from jobs.queries.sources import list_datasets, list_teachers
from jobs.queries.zoo import zoo_datasets
from webapp.access import may, project_or_404, user_of
from webapp.forms.project import ProjectSettingsForm
from webapp.forms.refusals import show_refusal
from webapp.pages.gates import baseline_rows
from webapp.pages.teacher_card import headline_of

NEWEST = 8
NEWEST_GROUPS = 4


@require_safe
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """This will show what a project holds, newest jobs first."""
    found = project_or_404(request, slug)
    jobs = list_jobs(project=found, limit=NEWEST + 1)
    shows_archived = request.GET.get("archived") == "shown"
    context = {
        "project": found,
        "datasets": list_datasets(project=found, archived=None if shows_archived else False),
        "teachers": [
            (teacher, headline_of(teacher))
            for teacher in list_teachers(project=found, archived=None if shows_archived else False)
        ],
        "shows_archived": shows_archived,
        "archived_count": list_datasets(project=found, archived=True).count()
        + list_teachers(project=found, archived=True).count(),
        "has_zoo": bool(zoo_datasets(found)),
        "jobs": jobs[:NEWEST],
        "waits": why_waiting(jobs[:NEWEST]),
        "baselines": baseline_rows(found),
        "listed_groups": list_groups(project=found, limit=NEWEST_GROUPS),
        "has_more_jobs": len(jobs) > NEWEST,
        "may_edit": may(user=request.user, project=found, route="job-new"),
        "may_change": may(user=request.user, project=found, route="project-settings"),
    }
    return render(request, "project.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def project_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """This will change how many jobs of a project run at a time, how long ended ones are kept, and its policy."""
    found = project_or_404(request, slug)
    form = ProjectSettingsForm(request.POST if request.method == "POST" else None, project=found)
    if form.is_valid():
        try:
            change_project(project=found, user=user_of(request), **form.cleaned_data)
            messages.success(request, "The settings were changed.")
            return redirect("project", found.slug)
        except UnableToChange as refusal:
            show_refusal(form, refusal)
    context = {"project": found, "form": form}
    return render(request, "project_settings.html", context, status=422 if form.errors else 200)
