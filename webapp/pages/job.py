"""One job: watch it, and take away what it made."""

from __future__ import annotations

from typing import Any

import yaml
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jobs.comparisons.classes import confusion_of
from jobs.models import ACTIVE, Job, State
from jobs.operations.baselines import set_baseline
from jobs.operations.errors import UnableToPromote, UnableToSetBaseline
from jobs.operations.registrations import promote
from jobs.queries.baselines import baseline_names
from jobs.queries.history import warnings_of
from jobs.queries.jobs import job_detail
from jobs.queries.logs import read_log
from jobs.queries.participants import is_between_models
from jobs.storage.blobs import StorageError
from mtkd_engine.spec import SpecError, dump_yaml, parse
from mtkd_engine.spec.measures import CLASSIFICATION, measures_of
from mtkd_engine.spec.origins import origins_of
from webapp.access import artifact_or_404, job_or_404, may, user_of
from webapp.charts import PX, system_charts
from webapp.confusion import classes_context
from webapp.downloads import send_artifact
from webapp.forms.baseline import BaselineForm
from webapp.forms.refusals import show_refusal
from webapp.forms.sources import PromoteForm
from webapp.nouns import noun_of_spec
from webapp.pages.compare_offers import offers_to_compare
from webapp.pages.gates import gates_of, naming
from webapp.pages.job_files import artifact_groups
from webapp.pages.job_models import charts_of, learners_in, models_context
from webapp.pages.lifecycle import offers_for
from webapp.pages.online import branches_context, last_of_own
from webapp.pages.result import result_rows
from webapp.pages.result_details import (
    calibration,
    cost_columns,
    cost_rows,
    counted,
    group_of_pictures,
    worth,
)
from webapp.pages.situation import furthest_checkpoint, situation
from webapp.pages.stages import stages_context
from webapp.pages.verdict import is_aggregate, verdict

LOG_LINES = 200_000
LONGEST_NUMBER = 9  # digits
SHOWN_WARNINGS = 3


@require_safe
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will show the whole job; what changes is filled in over the websocket."""
    return render(request, "jobs/job.html", _context(request, _detail(request, job_id)))


@require_safe
def outcome(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will show only what is known when a job has ended, for a page that is open while it does."""
    return render(request, "jobs/_outcome.html", _context(request, _detail(request, job_id)))


@require_safe
def head(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will show only where the job stands and what may be asked of it."""
    return render(request, "jobs/_head.html", _standing(request, _detail(request, job_id)))


@require_safe
def attempts(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will show only the attempts."""
    return render(request, "jobs/_attempts.html", {"job": _detail(request, job_id)})


@require_safe
def log(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will send what is kept of the log as plain text: of one attempt with `?attempt=`, else of all."""
    found = job_or_404(request, job_id)
    asked = request.GET.get("attempt", "")
    attempt = int(asked) if asked.isdecimal() and len(asked) < LONGEST_NUMBER else None
    page = read_log(job_id=found.pk, attempt=attempt, limit=LOG_LINES)
    text = "".join(f"{line.text}\n" for line in page.lines)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_POST
def promotion(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will have the student made a teacher of the project, and lead to how that goes."""
    found = job_or_404(request, job_id)
    form = PromoteForm(request.POST, learners=learners_in(found))
    if form.is_valid():
        try:
            asked = promote(job=found, user=user_of(request), **form.cleaned_data)
            return redirect("registration", asked.pk)
        except UnableToPromote as refusal:
            show_refusal(form, refusal)
    context = {**_context(request, _detail(request, job_id)), "promote_form": form}
    return render(request, "jobs/job.html", context, status=422)


@require_POST
def baseline(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will give the job a name that gates of others can hold them against."""
    found = job_or_404(request, job_id)
    form = BaselineForm(request.POST)
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            set_baseline(project=found.project, user=user_of(request), name=name, job_id=found.pk)
            messages.success(request, f"The job is baseline {name} now.")
            return redirect("job", found.pk)
        except UnableToSetBaseline as refusal:
            show_refusal(form, refusal)
    context = {**_context(request, _detail(request, job_id)), "baseline_form": form}
    return render(request, "jobs/job.html", context, status=422)


@require_safe
def artifact(request: HttpRequest, job_id: int, name: str) -> HttpResponseBase:
    """This will send one file of the job, verified against its sha256."""
    return send_artifact(request, artifact_or_404(request, job_id, name))


def _detail(request: HttpRequest, job_id: int) -> Job:
    return job_detail(job_id=job_or_404(request, job_id).pk)


def _context(request: HttpRequest, detail: Job) -> dict[str, Any]:
    suggested = detail.name if detail.name else f"student-of-{detail.pk}"
    context = _standing(request, detail)
    learners = learners_in(detail)
    devices = [attempt.device for attempt in detail.attempts.all()]
    return {
        **context,
        **_result(detail),
        **gates_of(detail),
        **naming(detail, may_edit=context["may_edit"]),
        "own_metrics": sorted(((detail.result or {}).get("metrics") or {}).items())
        if detail.elsewhere
        else [],
        **charts_of(detail),
        "artifact_groups": artifact_groups(detail),
        "system_charts": system_charts(devices[-1] if devices else ""),
        "teacher_count": len(detail.spec.get("teachers", ())),
        "probe_count": detail.spec.get("evaluation", {}).get("probe_samples", 0),
        "px": PX,
        "spec_yaml": _as_yaml(detail.spec.get("parameters", {}) if detail.elsewhere else detail.spec),
        "promote_form": PromoteForm(initial={"name": suggested} if not learners else {}, learners=learners)
        if context["may_edit"] and _has_student(detail)
        else None,
    }


def _has_student(detail: Job) -> bool:
    """A student, or models that learned, of which each can teach."""
    if detail.state != State.SUCCEEDED or detail.elsewhere or is_aggregate(detail):
        return False
    return not is_between_models(detail.spec) or bool(learners_in(detail))


def _result(detail: Job) -> dict[str, Any]:
    """What the engine measured, as its page shows it; of a job trained elsewhere only what its owner noted."""
    result = detail.result or {}
    if detail.elsewhere:
        return {"rows": [], "notes": result.get("notes", [])}
    measures = measures_of(detail.spec)
    if is_between_models(detail.spec):
        return models_context(detail)
    columns, ways = counted(result)
    method, noun = (detail.spec.get("method") or {}).get("kind", ""), noun_of_spec(detail.spec)
    rows = result_rows(result, method=method, measures=measures, noun=noun)
    return {
        **_classes(detail),
        "has_classes": measures is CLASSIFICATION,
        "noun": noun,
        "calibration": calibration(result, rows, measures),
        "rows": rows,
        "has_intervals": any(cell.low is not None for row in rows for cell in row.cells),
        "columns": [title for _, title in measures.columns],
        "verdict": [*verdict(detail), *last_of_own(result, detail.spec)],
        "notes": [] if is_aggregate(detail) else result.get("notes", []),
        "origins": origins_of(detail.spec),
        "is_aggregate": is_aggregate(detail),
        "cost_columns": cost_columns(result),
        "group_of_pictures": group_of_pictures(result),
        "cost_rows": cost_rows(result),
        "worth": worth(result, measures),
        **stages_context(result),
        **branches_context(result, detail.spec),
        "counted_columns": columns,
        "counted_rows": ways,
    }


def _classes(detail: Job) -> dict[str, Any]:
    """Of a job that classifies: its classes and what it takes for what; a storage that is away hides only these."""
    if measures_of(detail.spec) is not CLASSIFICATION or detail.state != State.SUCCEEDED:
        return {}
    try:
        return classes_context(confusion_of(detail))
    except StorageError:
        return {}


def _standing(request: HttpRequest, detail: Job) -> dict[str, Any]:
    tried = list(detail.attempts.all())
    newest = tried[-1] if tried else None
    warned = warnings_of(detail.pk)
    return {
        "warned": warned[:SHOWN_WARNINGS],
        "warned_more": warned[SHOWN_WARNINGS:],
        "job": detail,
        "project": detail.project,
        "offers": offers_for(detail),
        "compare_offers": offers_to_compare(detail),
        "situation": situation(detail, newest),
        "checkpoint_step": furthest_checkpoint(tried),
        "own_baselines": baseline_names(detail),
        "worker": newest.worker if newest and detail.state in ACTIVE and not detail.elsewhere else "",
        "may_edit": may(user=request.user, project=detail.project, route="job-cancellation"),
        "may_delete": may(user=request.user, project=detail.project, route="job-deletion"),
    }


def _as_yaml(spec: dict[str, Any]) -> str:
    """The database forgets the order of keys; parsing restores it, unless the spec is of an older kind."""
    try:
        return dump_yaml(parse(spec))
    except SpecError:
        return str(yaml.safe_dump(spec, allow_unicode=True))
