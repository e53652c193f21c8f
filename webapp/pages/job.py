"""One job: watch it, cancel it, take away what it made."""

from __future__ import annotations

from typing import Any

import yaml
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jobs.models import Job, State
from jobs.operations.errors import UnableToCancel, UnableToPromote
from jobs.operations.jobs import request_cancel
from jobs.operations.registrations import promote
from jobs.queries.jobs import job_detail
from mtkd_engine.spec import SpecError, dump_yaml, parse
from webapp.access import artifact_or_404, job_or_404, may, user_of
from webapp.charts import PX, job_charts, weight_chart
from webapp.downloads import send_artifact
from webapp.forms.refusals import show_refusal
from webapp.forms.sources import PromoteForm
from webapp.pages.result import COLUMNS, result_rows
from webapp.pages.verdict import verdict


@require_safe
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will show the whole job; what changes is filled in over the websocket."""
    return render(request, "jobs/job.html", _context(request, job_or_404(request, job_id)))


@require_safe
def outcome(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will show only what is known when a job has ended, for a page that is open while it does."""
    return render(request, "jobs/_outcome.html", _context(request, job_or_404(request, job_id)))


@require_POST
def cancellation(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will ask for the job to be stopped."""
    found = job_or_404(request, job_id)
    try:
        request_cancel(job=found, user=user_of(request))
        messages.success(request, f"You asked to cancel job {found.pk}.")
    except UnableToCancel as refusal:
        messages.error(request, refusal.message)
    return redirect("job", found.pk)


@require_POST
def promotion(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will have the student made a teacher of the project, and lead to how that goes."""
    found = job_or_404(request, job_id)
    form = PromoteForm(request.POST)
    if form.is_valid():
        try:
            asked = promote(job=found, user=user_of(request), name=form.cleaned_data["name"])
            return redirect("registration", asked.pk)
        except UnableToPromote as refusal:
            show_refusal(form, refusal)
    context = {**_context(request, found), "promote_form": form}
    return render(request, "jobs/job.html", context, status=422)


@require_safe
def artifact(request: HttpRequest, job_id: int, name: str) -> HttpResponseBase:
    """This will send one file of the job, verified against its sha256."""
    return send_artifact(request, artifact_or_404(request, job_id, name))


def _context(request: HttpRequest, found: Job) -> dict[str, Any]:
    detail = job_detail(job_id=found.pk)
    suggested = detail.name if detail.name else f"student-of-{detail.pk}"
    may_edit = may(user=request.user, project=detail.project, route="job-cancellation")
    return {
        "job": detail,
        "project": detail.project,
        "rows": result_rows(detail.result),
        "columns": [title for _, title in COLUMNS],
        "verdict": verdict(detail),
        "notes": (detail.result or {}).get("notes", []),
        "charts": job_charts(detail.spec),
        "weight_chart": weight_chart(detail.spec),
        "teacher_count": len(detail.spec.get("teachers", ())),
        "probe_count": detail.spec.get("evaluation", {}).get("probe_samples", 0),
        "px": PX,
        "spec_yaml": _as_yaml(detail.spec),
        "may_edit": may_edit,
        "may_cancel": may_edit and not detail.is_final,
        "promote_form": PromoteForm(initial={"name": suggested})
        if may_edit and detail.state == State.SUCCEEDED
        else None,
    }


def _as_yaml(spec: dict[str, Any]) -> str:
    """The database forgets the order of keys; parsing restores it, unless the spec is of an older kind."""
    try:
        return dump_yaml(parse(spec))
    except SpecError:
        return str(yaml.safe_dump(spec, allow_unicode=True))
