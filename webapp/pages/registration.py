"""Datasets and teachers on their way in: asked for, watched, decided on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.models import Dataset, Project, Registration, RegistrationKind, RegistrationState, Upload, User
from jobs.operations.completing import complete
from jobs.operations.errors import UnableToCancel, UnableToDecide, UnableToRegister
from jobs.operations.registrations import decide, register, request_cancel_registration
from jobs.operations.several import register_each, teachers_among
from jobs.queries.registrations import is_under_way, registration_detail
from jobs.queries.sources import list_datasets
from webapp.access import may, project_or_404, registration_or_404, user_of
from webapp.forms.completing import CompletingForm
from webapp.forms.completing_dense import DenseCompletingForm
from webapp.forms.refusals import show_refusal
from webapp.forms.sources import PATH, UPLOAD, DatasetForm, RegisterForm, TeacherForm, roots, suggestions
from webapp.pages.completing import completing_form
from webapp.pages.findings import findings

LEFT_AFTER = timedelta(minutes=1)


@require_http_methods(["GET", "HEAD", "POST"])
def dataset_new(request: HttpRequest, slug: str) -> HttpResponse:
    """This will ask for a dataset to be taken in, from uploads or from a path on the server."""
    project = project_or_404(request, slug)
    form = DatasetForm(_posted(request), initial=_like(request, project))
    return _register(request, project=project, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
def teacher_new(request: HttpRequest, slug: str) -> HttpResponse:
    """This will ask for a teacher to be taken in, from uploads or from a path on the server."""
    project = project_or_404(request, slug)
    labels = [(f"{row.name}@{row.version}", row.label) for row in list_datasets(project=project)]
    form = TeacherForm(_posted(request), initial=_like(request, project), datasets=labels)
    return _register(request, project=project, form=form)


@require_safe
def registration(request: HttpRequest, registration_id: int) -> HttpResponse:
    """This will show how far a registration is, what was found, and what it waits for."""
    found = registration_or_404(request, registration_id)
    return render(request, "registrations/registration.html", _context(request, found))


@require_safe
def progress(request: HttpRequest, registration_id: int) -> HttpResponse:
    """This will show only the part of the page that changes."""
    found = registration_or_404(request, registration_id)
    return render(request, "registrations/_progress.html", _context(request, found))


@require_POST
def decision(request: HttpRequest, registration_id: int) -> HttpResponse:
    """This will go on with the repairs that were ticked, or with what was said of a teacher."""
    found = registration_or_404(request, registration_id)
    if found.kind == RegistrationKind.TEACHER:
        return _completed(request, found)
    try:
        decide(registration=found, user=user_of(request), accepted=request.POST.getlist("accept"))
    except UnableToDecide as refusal:
        messages.error(request, refusal.message)
    return redirect("registration", found.pk)


@require_POST
def cancellation(request: HttpRequest, registration_id: int) -> HttpResponse:
    """This will ask for the registration to be stopped."""
    found = registration_or_404(request, registration_id)
    try:
        request_cancel_registration(registration=found, user=user_of(request))
    except UnableToCancel as refusal:
        messages.error(request, refusal.message)
    return redirect("registration", found.pk)


def _completed(request: HttpRequest, found: Registration) -> HttpResponse:
    form = completing_form(found, request.POST)
    if form.is_valid():
        try:
            complete(registration=found, user=user_of(request), **form.asked())
            return redirect("registration", found.pk)
        except UnableToDecide as refusal:
            _show(form, refusal)
    context = {**_context(request, found), "form": form}
    return render(request, "registrations/registration.html", context, status=422)


def _show(form: CompletingForm | DenseCompletingForm, refusal: UnableToDecide) -> None:
    """What is about a part of the card stands at the field that it was written in."""
    fields = {path.removeprefix("card."): sentence for path, sentence in refusal.fields.items()}
    show_refusal(form, UnableToDecide(refusal.message, fields=fields or {"": refusal.message}))


def _register(request: HttpRequest, *, project: Project, form: RegisterForm) -> HttpResponse:
    if form.is_valid():
        try:
            return _registered(request, project, form.asked())
        except UnableToRegister as refusal:
            show_refusal(form, refusal)
    given, left = _uploads(project=project, user=user_of(request), given=form.upload_ids)
    context = {
        "project": project,
        "form": form,
        "noun": form.kind,
        "roots": roots(),
        "suggestions": suggestions(form.kind),
        "names": sorted({row.name for row in list_datasets(project=project, archived=None)}),
        "given": given,
        "left": left,
        "left_complete": [row for row in left if row["received"] == row["size"]],
    }
    status = 422 if form.is_bound else 200
    return render(request, "registrations/new.html", context, status=status)


def _registered(request: HttpRequest, project: Project, asked: dict[str, Any]) -> HttpResponse:
    """Several models, checkpoints or predictions become a teacher each; everything else is one registration."""
    user = user_of(request)
    files = teachers_among(project=project, user=user, uploads=asked["uploads"])
    if asked["kind"] != RegistrationKind.TEACHER or not files:
        return redirect("registration", register(project=project, user=user, **asked).pk)
    measured = {key: asked[key] for key in ("dataset", "split", "card")}
    made = register_each(project=project, user=user, uploads=files, prefix=asked["name"], **measured)
    messages.success(request, f"{len(made)} teachers are being registered, each called after its file.")
    return redirect("project", project.slug)


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _like(request: HttpRequest, project: Project) -> dict[str, Any]:
    """This will fill the form as a registration named by `?like=` had it; uploads are gone with that one.

    For `?version_of=`, which names a dataset, it asks for a new version.
    """
    older = Dataset.objects.filter(project=project, pk=_number(request, "version_of")).first()
    if older is not None:
        return {"name": older.name, "new_version": True}
    row = Registration.objects.filter(project=project, pk=_number(request, "like")).first()
    if row is None:
        return {}
    on = row.measured_on
    return {
        **{key: row.asked[key] for key in ("path", "format", "words", "split") if key in row.asked},
        "name": row.name,
        "place": PATH if row.asked.get("path") else UPLOAD,
        "new_version": row.new_version_of_id is not None,
        "dataset": f"{on.name}@{on.version}" if on else "",
    }


def _number(request: HttpRequest, key: str) -> int:
    given = request.GET.get(key, "")
    return int(given) if given.isdecimal() and len(given) < 19 else 0


def _uploads(
    *, project: Project, user: User, given: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Complete uploads that the form has already, and others of the same person that no registration has taken."""
    free = Upload.objects.filter(project=project, user=user, registration=None)
    rows = [
        {"id": str(row.pk), "name": row.name, "size": row.size, "received": row.received}
        for row in free.only("pk", "name", "size", "received").order_by("name")
    ]
    posted = {row["id"] for row in rows if row["id"] in given and row["received"] == row["size"]}
    return [row for row in rows if row["id"] in posted], [row for row in rows if row["id"] not in posted]


def _context(request: HttpRequest, found: Registration) -> dict[str, Any]:
    row = registration_detail(registration_id=found.pk)
    source = row.dataset or row.teacher
    may_edit = may(user=request.user, project=row.project, route="registration-decision")
    started = row.started_at or row.created_at
    return {
        "registration": row,
        "project": row.project,
        "source": source,
        "source_url": _source_url(row),
        "again_url": _again_url(row),
        "is_under_way": is_under_way(row),
        "may_edit": may_edit,
        "may_cancel": may_edit and not row.is_final,
        "seconds": max(0, int(((row.finished_at or timezone.now()) - started).total_seconds())),
        "is_left": _is_left(row),
        "found": findings(row),
        **_asked_of_teacher(row),
    }


def _source_url(row: Registration) -> str:
    """Where what it became is looked at: what was measured, among the other models on the dataset."""
    source = row.dataset or row.teacher
    if row.kind == RegistrationKind.MEASUREMENT:
        return _again_url(row)
    return reverse(row.kind, args=[source.pk]) if source is not None else ""


def _again_url(row: Registration) -> str:
    if row.kind == RegistrationKind.MEASUREMENT:
        return f"{reverse('zoo', args=[row.project.slug])}?{urlencode({'dataset': row.asked.get('dataset', '')})}"
    return f"{reverse(f'{row.kind}-new', args=[row.project.slug])}?like={row.pk}"


def _asked_of_teacher(row: Registration) -> dict[str, Any]:
    asks = (row.report or {}).get("asks")
    if row.kind != RegistrationKind.TEACHER or row.state != RegistrationState.WAITING or not asks:
        return {}
    return {"asks": asks, "form": completing_form(row)}


def _is_left(row: Registration) -> bool:
    """Whether it waits although no worker is at another one: then perhaps none is running."""
    if (
        row.state != RegistrationState.QUEUED
        or row.started_at
        or row.report is not None  # it was at one before it asked for a decision
        or timezone.now() - row.created_at < LEFT_AFTER
    ):
        return False
    return not Registration.objects.filter(state=RegistrationState.CHECKING).exists()
