"""Datasets and teachers: look at them, archive them, delete them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.models import Dataset, Teacher, TeacherKind
from jobs.operations.errors import UnableToDelete
from jobs.operations.removal import archive, delete, unarchive
from jobs.queries.kinds import CLASSIFICATION, GROUNDING, held_by
from jobs.queries.sources import dependents
from jobs.queries.zoo import is_compared
from webapp.access import dataset_or_404, may, teacher_or_404
from webapp.forms.deletion import DeletionForm
from webapp.nouns import noun_of
from webapp.overlays import WAYS, layers_of
from webapp.pages.dataset_card import dataset_card
from webapp.pages.dense import legend_of
from webapp.pages.images import first_images
from webapp.pages.samples import first_samples
from webapp.pages.teacher_card import teacher_card

MOST_JOBS = 20


@require_safe
def dataset(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """This will show what a dataset is, what is in it, and what hangs on it."""
    found = dataset_or_404(request, dataset_id)
    samples, has_samples = first_samples(found) if found.task == GROUNDING else ([], False)
    context = {
        "dataset": found,
        "project": found.project,
        "card": dataset_card(found),
        "versions": Dataset.objects.filter(project=found.project, name=found.name).order_by("-version"),
        "jobs": found.jobs.filter(deleted_at=None).order_by("-id")[:MOST_JOBS],
        "measured": found.teachers.exclude(kind=TeacherKind.PREDICTIONS),
        "predictions": found.teachers.filter(kind=TeacherKind.PREDICTIONS),
        "samples": samples,
        "has_samples": has_samples,
        "has_zoo": is_compared(found.task) and found.archived_at is None,
        **_labelled(found),
        **_standing(request, found, "dataset"),
    }
    return render(request, "sources/dataset.html", context)


@require_safe
def teacher(request: HttpRequest, teacher_id: int) -> HttpResponse:
    """This will show where a teacher comes from, what it is and how good it is."""
    found = teacher_or_404(request, teacher_id)
    context = {
        "teacher": found,
        "project": found.project,
        "card": teacher_card(found),
        "jobs": found.jobs.filter(deleted_at=None).order_by("-id")[:MOST_JOBS],
        "files": found.files.select_related("blob"),
        **_standing(request, found, "teacher"),
    }
    return render(request, "sources/teacher.html", context)


@require_POST
def dataset_archive(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """This will put a dataset out of the way, or back."""
    return _archive(request, dataset_or_404(request, dataset_id), noun="dataset")


@require_POST
def teacher_archive(request: HttpRequest, teacher_id: int) -> HttpResponse:
    """This will put a teacher out of the way, or back."""
    return _archive(request, teacher_or_404(request, teacher_id), noun="teacher")


@require_http_methods(["GET", "HEAD", "POST"])
def dataset_deletion(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """This will show what depends on a dataset, and delete it when told so."""
    return _deletion(request, dataset_or_404(request, dataset_id), noun="dataset")


@require_http_methods(["GET", "HEAD", "POST"])
def teacher_deletion(request: HttpRequest, teacher_id: int) -> HttpResponse:
    """This will show what depends on a teacher, and delete it when told so."""
    return _deletion(request, teacher_or_404(request, teacher_id), noun="teacher")


def _labelled(found: Dataset) -> dict[str, Any]:
    """What is shown of a dataset of pictures or clips, and whether each has a class."""
    if found.task == GROUNDING:
        return {"has_classes": False}
    images, held = first_images(found), held_by(found)
    return {
        "has_classes": found.task == CLASSIFICATION,
        "layers": layers_of(found),
        "ways": WAYS,
        "legend": legend_of(found),
        "held": held,
        "noun": noun_of(held),
        "images": images,
        "is_pictured": any(one.is_pictured for one, _ in images),
    }


def _standing(request: HttpRequest, found: Dataset | Teacher, noun: str) -> dict[str, bool]:
    return {
        "may_edit": may(user=request.user, project=found.project, route=f"{noun}-archive", method="POST"),
        "may_delete": may(user=request.user, project=found.project, route=f"{noun}-deletion"),
    }


def _archive(request: HttpRequest, found: Dataset | Teacher, *, noun: str) -> HttpResponse:
    if request.POST.get("archived") == "no":
        unarchive(found)
        messages.success(request, f"“{_label(found)}” is offered to new jobs again.")
    else:
        archive(found)
        messages.success(
            request, f"“{_label(found)}” is archived: jobs that use it keep it, new jobs are not offered it."
        )
    return redirect(noun, found.pk)


def _deletion(request: HttpRequest, found: Dataset | Teacher, *, noun: str) -> HttpResponse:
    hanging, label = dependents(found), _label(found)
    form = DeletionForm(
        request.POST if request.method == "POST" else None, name=label, must_type=any(hanging.values())
    )
    if form.is_valid():
        try:
            delete(found, with_dependents=form.must_type)
            messages.success(request, f"The {noun} “{label}” is deleted.")
            return redirect("project", found.project.slug)
        except UnableToDelete as refusal:
            form.add_error(None, refusal.message)
    context = {
        "source": found,
        "label": label,
        "noun": noun,
        "project": found.project,
        "form": form,
        **hanging,
    }
    return render(request, "sources/deletion.html", context, status=422 if form.errors else 200)


def _label(found: Dataset | Teacher) -> str:
    """Versions share a name: what is said of one of them must tell which."""
    return found.label if isinstance(found, Dataset) else found.name
