"""The first page: one's projects."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from jobs.models import ACTIVE, State
from jobs.operations.errors import UnableToCreate
from jobs.operations.projects import create_project
from jobs.queries.access import projects_of
from webapp.access import user_of
from webapp.forms.account import ProjectForm
from webapp.forms.refusals import show_refusal


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """This will list the projects of the asker with what goes on in them."""
    projects = projects_of(user_of(request)).annotate(
        job_count=Count("jobs", distinct=True),
        active_count=Count("jobs", filter=Q(jobs__state__in=[*ACTIVE, State.QUEUED]), distinct=True),
        dataset_count=Count("datasets", distinct=True),
        teacher_count=Count("teachers", distinct=True),
    )
    return render(request, "home.html", {"projects": projects})


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest) -> HttpResponse:
    """This will make a project, administered by its maker."""
    form = ProjectForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            project = create_project(name=form.cleaned_data["name"], user=user_of(request))
            return redirect("project", slug=project.slug)
        except UnableToCreate as refusal:
            show_refusal(form, refusal)
    return render(request, "project_new.html", {"form": form})
