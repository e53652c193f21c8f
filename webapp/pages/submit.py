"""Submitting a job, or a group of them: by the generated form or by YAML of the same spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import yaml
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.models import Group, Job, Project
from jobs.operations.errors import UnableToSubmit
from jobs.operations.groups import submit_group
from jobs.operations.jobs import submit
from jobs.operations.planning import Plan, plan_of
from jobs.queries.participants import METHODS
from jobs.queries.queues import overview
from jobs.queries.sources import find_dataset
from mtkd_engine.spec import SpecError, TextError, is_group, parse, read_yaml
from mtkd_engine.spec.load import GROUP_KEYS
from mtkd_engine.spec.origins import origins_of
from webapp.access import may, project_or_404, user_of
from webapp.forms.group import GroupFields
from webapp.forms.scheduling import SchedulingForm
from webapp.forms.spec import SpecForm
from webapp.pages.selections import with_selections
from webapp.pages.spec_offers import choices_of, form_for
from webapp.pages.subjects import SHOWN, SUBJECTS, chosen_subject, fits_subject, kept_of, moved_to, ways_of


@require_http_methods(["GET", "HEAD", "POST"])
def job_new(request: HttpRequest, slug: str) -> HttpResponse:
    """This will submit what the tab that was sent holds, or show both tabs with what is wrong."""
    project = project_or_404(request, slug)
    posted = request.POST if request.method == "POST" else None
    like, like_group = _like(request), _like_group(request)
    start = _start(like) if like_group is None else dict(like_group.document)
    start = _with_models(request.GET, _with_dataset(request.GET, with_selections(request.GET, start)))
    is_check, mode = _mode(posted)
    asked = (request.GET if posted is None else posted).get("task", "")
    moved = moved_to(project, posted) if mode == "form" else ""
    subject = moved or chosen_subject(project, asked, start)
    form = _form(project, posted, start, subject=subject, is_moved=bool(moved))
    group_fields = GroupFields(posted=posted, start=start, method=form.chosen("method"))
    scheduling = SchedulingForm(posted, lines=overview(), like=like)
    yaml_text = _example(form, {} if moved else start)
    if posted is not None and not moved:
        yaml_text = posted.get("yaml", "")
    errors: dict[str, str] = {}
    plan: Plan | None = None
    if posted is not None and not moved:
        read = (lambda: _read(yaml_text)) if mode == "yaml" else (lambda: _filled(form, group_fields))
        if is_check:
            plan, errors = _planned(project, read, scheduling)
        else:
            made, errors = _submitted(request, project, read, scheduling, like)
            if made is not None:
                return _led_on(request, made)
    if mode == "form":
        form.errors = group_fields.take_errors(errors)
    context = {
        "project": project,
        "like": like,
        "like_group": like_group,
        "form": form,
        "subject": subject,
        "subjects": SUBJECTS,
        "ways": ways_of(subject),
        "origins": origins_of({"data": {"kind": subject}, "teachers": ["any"]}),
        "dataset_choices": choices_of(project),
        "moved": moved,
        "plan": plan,
        "group_fields": group_fields,
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
    is_fine = posted is None or plan is not None or moved
    return render(request, "jobs/new.html", context, status=200 if is_fine else 422)


def _form(
    project: Project, posted: QueryDict | None, start: Mapping[str, Any], *, subject: str, is_moved: bool
) -> SpecForm:
    """The form as it was posted, or with what of it means the same where another subject was chosen."""
    if is_moved and posted is not None:
        before = form_for(project, posted, {}, subject=posted.get(SHOWN, subject))
        return form_for(project, None, kept_of(before.raw()), subject=subject)
    return form_for(project, posted, start if fits_subject(start, subject) else {}, subject=subject)


def _with_dataset(given: QueryDict, start: dict[str, Any]) -> dict[str, Any]:
    """A spec on the dataset that an address names, unless it is one that starts from another."""
    if not given.get("dataset") or "task" in start:
        return start
    return {**start, "data": {**start.get("data", {}), "dataset": given["dataset"]}}


def _with_models(given: QueryDict, start: dict[str, Any]) -> dict[str, Any]:
    """A spec in which the models that an address names teach each other, unless it is one that starts from another."""
    if given.get("method") not in METHODS or "task" in start:
        return start
    return {**start, "method": {"kind": given["method"]}, "teachers": given.getlist("teachers")}


def _read(text: str) -> Any:
    try:
        return read_yaml(text)
    except TextError as error:
        raise SpecError({"": str(error)}) from None


def _filled(form: SpecForm, group_fields: GroupFields) -> dict[str, Any]:
    raw = form.raw()
    return {**raw, **group_fields.raw(raw)}


def _mode(posted: QueryDict | None) -> tuple[bool, str]:
    """Whether what was sent is to be checked only, and the tab it stands on."""
    asked = posted.get("mode", "") if posted is not None else ""
    return asked.startswith("check-"), "yaml" if asked.endswith("yaml") else "form"


def _planned(
    project: Project, read: Callable[[], Any], scheduling: SchedulingForm
) -> tuple[Plan | None, dict[str, str]]:
    """What would be submitted, or what is wrong with it by path."""
    is_scheduled = scheduling.is_valid()
    try:
        plan = plan_of(project=project, document=read())
    except (UnableToSubmit, SpecError) as refusal:
        return None, refusal.fields
    return plan if is_scheduled else None, {}


def _submitted(
    request: HttpRequest,
    project: Project,
    read: Callable[[], Any],
    scheduling: SchedulingForm,
    like: Job | None,
) -> tuple[Job | Group | None, dict[str, str]]:
    """What was made, or what is wrong with its spec by path; what is wrong with its schedule is noted in that form."""
    try:
        raw = read()
        spec = None if is_group(raw) else parse(raw)
        if not scheduling.is_valid():
            return None, {}
        asked, user = scheduling.asked(), user_of(request)
        if spec is None:
            return submit_group(project=project, user=user, document=raw, **asked), {}
        same = like if like is not None and like.project_id == project.pk else None
        return submit(project=project, user=user, spec=spec, resubmitted_from=same, **asked), {}
    except UnableToSubmit as refusal:
        mine = {field: text for field, text in refusal.fields.items() if field in scheduling.fields}
        for field, text in mine.items():
            scheduling.add_error(field, text)
        return None, {path: text for path, text in refusal.fields.items() if path not in mine}
    except SpecError as refusal:
        scheduling.is_valid()
        return None, refusal.fields


def _led_on(request: HttpRequest, made: Job | Group) -> HttpResponse:
    if isinstance(made, Group):
        messages.success(request, f"Group {made.pk} was submitted: {made.jobs.count()} jobs.")
        return redirect("group", made.pk)
    messages.success(request, f"Job {made.pk} was submitted.")
    return redirect("job", made.pk)


def _like(request: HttpRequest) -> Job | None:
    """This will find the job named by `?like=`, when the asker may see it and it has a spec."""
    like = request.GET.get("like", "")
    jobs = Job.objects.select_related("project", "dataset").filter(deleted_at=None, elsewhere=False)
    job = jobs.filter(pk=int(like)).first() if like.isdecimal() and len(like) < 19 else None
    return job if job is not None and may(user=request.user, project=job.project, route="job") else None


def _like_group(request: HttpRequest) -> Group | None:
    """This will find the group named by `?group=`, when the asker may see it."""
    asked = request.GET.get("group", "")
    groups = Group.objects.select_related("project")
    group = groups.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else None
    return (
        group if group is not None and may(user=request.user, project=group.project, route="group") else None
    )


def _start(like: Job | None) -> dict[str, Any]:
    """The spec to start from, its dataset named by version where its name alone means another one by now."""
    if like is None:
        return {}
    spec, dataset = {key: value for key, value in like.spec.items() if key != "group"}, like.dataset
    if dataset is not None and find_dataset(like.project, spec["data"]["dataset"]) != dataset:
        spec["data"] = {**spec["data"], "dataset": f"{dataset.name}@{dataset.version}"}
    return spec


def _example(form: SpecForm, start: Mapping[str, Any]) -> str:
    """The form's own values as YAML, so that both tabs start from the same spec."""
    raw = form.raw()
    raw["data"].setdefault("dataset", "name-of-a-dataset")
    raw |= {key: start[key] for key in GROUP_KEYS if start.get(key)}
    return yaml.safe_dump(raw, sort_keys=False, allow_unicode=True)
