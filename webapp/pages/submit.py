"""Submitting a job: by the generated form or by YAML of the same spec."""

from __future__ import annotations

from typing import Any

import yaml
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.models import Job, Project
from jobs.operations.errors import UnableToSubmit
from jobs.operations.jobs import submit
from jobs.queries.sources import list_datasets, list_teachers
from mtkd_engine.spec import SpecError, load_yaml, parse
from webapp.access import may, project_or_404, user_of
from webapp.forms.spec import SpecForm


@require_http_methods(["GET", "HEAD", "POST"])
def job_new(request: HttpRequest, slug: str) -> HttpResponse:
    """This will submit the spec of the tab that was sent, or show both tabs with what is wrong."""
    project = project_or_404(request, slug)
    posted = request.POST if request.method == "POST" else None
    start = _start(request)
    datasets, notes = _datasets(project)
    form = SpecForm(
        datasets=datasets,
        notes=notes,
        teachers=[teacher.name for teacher in list_teachers(project=project)],
        posted=posted,
        start=start,
    )
    mode = "yaml" if posted is not None and posted.get("mode") == "yaml" else "form"
    yaml_text = posted.get("yaml", "") if posted is not None else _example(form)
    yaml_errors: list[str] = []
    if posted is not None:
        try:
            spec = load_yaml(yaml_text) if mode == "yaml" else parse(form.raw())
            job = submit(project=project, user=user_of(request), spec=spec)
            messages.success(request, f"Job {job.pk} was submitted.")
            return redirect("job", job.pk)
        except (SpecError, UnableToSubmit) as refusal:
            if mode == "yaml":
                yaml_errors = [f"{path}: {text}" if path else text for path, text in refusal.fields.items()]
            else:
                form.errors = refusal.fields
    context = {
        "project": project,
        "form": form,
        "sections": form.sections(),
        "advanced": form.advanced(),
        "other_errors": form.other_errors(),
        "mode": mode,
        "yaml": yaml_text,
        "yaml_errors": yaml_errors,
    }
    return render(request, "jobs/new.html", context, status=200 if posted is None else 422)


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


def _start(request: HttpRequest) -> dict[str, Any]:
    """This will take the spec of the job named by `?like=`, when the asker may see it."""
    like = request.GET.get("like", "")
    job = Job.objects.filter(pk=int(like)).first() if like.isdecimal() and len(like) < 19 else None
    if job is None or not may(user=request.user, project=job.project, route="job"):
        return {}
    return dict(job.spec)


def _example(form: SpecForm) -> str:
    """The form's own values as YAML, so that both tabs start from the same spec."""
    raw = form.raw()
    raw["data"].setdefault("dataset", "name-of-a-dataset")
    return yaml.safe_dump(raw, sort_keys=False, allow_unicode=True)
