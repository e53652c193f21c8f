"""Submitting a job: by the generated form or by YAML of the same spec."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.models import Job, Project
from jobs.operations.errors import UnableToSubmit
from jobs.operations.jobs import submit
from jobs.queries.queues import overview
from jobs.queries.sources import find_dataset, list_datasets, list_teachers
from mtkd_engine.spec import Spec, SpecError, load_yaml, parse
from webapp.access import may, project_or_404, user_of
from webapp.forms.scheduling import SchedulingForm
from webapp.forms.spec import SpecForm


@require_http_methods(["GET", "HEAD", "POST"])
def job_new(request: HttpRequest, slug: str) -> HttpResponse:
    """This will submit the spec of the tab that was sent, or show both tabs with what is wrong."""
    project = project_or_404(request, slug)
    posted = request.POST if request.method == "POST" else None
    like = _like(request)
    datasets, notes = _datasets(project)
    form = SpecForm(
        datasets=datasets,
        notes=notes,
        teachers=[teacher.name for teacher in list_teachers(project=project)],
        posted=posted,
        start=_start(like),
    )
    scheduling = SchedulingForm(posted, lines=overview(), like=like)
    mode = "yaml" if posted is not None and posted.get("mode") == "yaml" else "form"
    yaml_text = posted.get("yaml", "") if posted is not None else _example(form)
    errors: dict[str, str] = {}
    if posted is not None:
        job, errors = _submitted(
            request,
            project,
            lambda: load_yaml(yaml_text) if mode == "yaml" else parse(form.raw()),
            scheduling,
            like,
        )
        if job is not None:
            messages.success(request, f"Job {job.pk} was submitted.")
            return redirect("job", job.pk)
    if mode == "form":
        form.errors = errors
    context = {
        "project": project,
        "like": like,
        "form": form,
        "scheduling": scheduling,
        "sections": form.sections(),
        "advanced": form.advanced(),
        "other_errors": form.other_errors(),
        "mode": mode,
        "yaml": yaml_text,
        "yaml_errors": [f"{path}: {text}" if path else text for path, text in errors.items()]
        if mode == "yaml"
        else [],
    }
    return render(request, "jobs/new.html", context, status=200 if posted is None else 422)


def _submitted(
    request: HttpRequest,
    project: Project,
    read: Callable[[], Spec],
    scheduling: SchedulingForm,
    like: Job | None,
) -> tuple[Job | None, dict[str, str]]:
    """The job, or what is wrong with its spec by path; what is wrong with its schedule is noted in that form."""
    try:
        spec = read()
        if not scheduling.is_valid():
            return None, {}
        same = like if like is not None and like.project_id == project.pk else None
        asked = scheduling.asked()
        return submit(project=project, user=user_of(request), spec=spec, resubmitted_from=same, **asked), {}
    except UnableToSubmit as refusal:
        mine = {field: text for field, text in refusal.fields.items() if field in scheduling.fields}
        for field, text in mine.items():
            scheduling.add_error(field, text)
        return None, {path: text for path, text in refusal.fields.items() if path not in mine}
    except SpecError as refusal:
        scheduling.is_valid()
        return None, refusal.fields


def _datasets(project: Project) -> tuple[list[str], dict[str, str]]:
    """Labels to offer, the newest version under its bare name; and what to know of these and of its full label."""
    offered: list[str] = []
    notes: dict[str, str] = {}
    for dataset in list_datasets(project=project):
        full = f"{dataset.name}@{dataset.version}"
        is_newest = dataset.name not in notes
        known = [f"version {dataset.version}, the newest"] if is_newest and dataset.version > 1 else []
        if "feature_width" in dataset.report and dataset.report["feature_width"] is None:
            known.append("annotations only")
        offered.append(dataset.name if is_newest else full)
        notes |= {label: "; ".join(known) for label in {offered[-1], full}}
    return offered, notes


def _like(request: HttpRequest) -> Job | None:
    """This will find the job named by `?like=`, when the asker may see it and it has a spec."""
    like = request.GET.get("like", "")
    jobs = Job.objects.select_related("project", "dataset").filter(deleted_at=None, elsewhere=False)
    job = jobs.filter(pk=int(like)).first() if like.isdecimal() and len(like) < 19 else None
    return job if job is not None and may(user=request.user, project=job.project, route="job") else None


def _start(like: Job | None) -> dict[str, Any]:
    """The spec to start from, its dataset named by version where its name alone means another one by now."""
    if like is None:
        return {}
    spec, dataset = dict(like.spec), like.dataset
    if dataset is not None and find_dataset(like.project, spec["data"]["dataset"]) != dataset:
        spec["data"] = {**spec["data"], "dataset": f"{dataset.name}@{dataset.version}"}
    return spec


def _example(form: SpecForm) -> str:
    """The form's own values as YAML, so that both tabs start from the same spec."""
    raw = form.raw()
    raw["data"].setdefault("dataset", "name-of-a-dataset")
    return yaml.safe_dump(raw, sort_keys=False, allow_unicode=True)
