"""What people say of a job on its page: its name, tags and notes, and that it is archived."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.operations.errors import UnableTo
from jobs.operations.tags import describe_job, split_tags
from webapp.access import job_or_404, user_of


@require_POST
def description(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will change what the form gives of a job, and lead back to its page."""
    job = job_or_404(request, job_id)
    given: dict[str, Any] = {name: request.POST[name] for name in ("name", "notes") if name in request.POST}
    if "tags" in request.POST:
        given["tags"] = split_tags(request.POST["tags"])
    if "archived" in request.POST:
        given["archived"] = request.POST["archived"] == "1"
    try:
        describe_job(job=job, user=user_of(request), **given)
        messages.success(request, _said(given))
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    return redirect("job", job.pk)


def _said(given: dict[str, Any]) -> str:
    if "archived" not in given:
        return "The changes are saved."
    return "The job is archived." if given["archived"] else "The job is out of the archive."
