"""Datasets and teachers: register them, look at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from jobs.models import Dataset, Teacher
from jobs.operations.datasets import register_dataset
from jobs.operations.errors import UnableToRegister
from jobs.operations.teachers import register_teacher
from webapp.access import dataset_or_404, project_or_404, teacher_or_404, user_of
from webapp.forms.refusals import show_refusal
from webapp.forms.sources import RegisterForm, roots, suggestions
from webapp.pages.result import COLUMNS
from webapp.templatetags.site import bytesize


@require_safe
def dataset(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """This will show what validation found in a dataset."""
    found = dataset_or_404(request, dataset_id)
    jobs = found.jobs.order_by("-id")[:10]
    known = found.report.get("splits") or {}
    splits = [(name, known[name]) for name in ("train", "val", "test") if name in known]
    context = {"dataset": found, "project": found.project, "jobs": jobs, "splits": splits}
    return render(request, "sources/dataset.html", context)


@require_safe
def teacher(request: HttpRequest, teacher_id: int) -> HttpResponse:
    """This will show where a teacher comes from and what it is."""
    found = teacher_or_404(request, teacher_id)
    jobs = found.jobs.order_by("-id")[:10]
    context = {"teacher": found, "project": found.project, "jobs": jobs, "facts": _facts(found.report)}
    return render(request, "sources/teacher.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def dataset_new(request: HttpRequest, slug: str) -> HttpResponse:
    """This will register a dataset from a folder on the server."""
    return _register(request, slug=slug, noun="dataset", operation=register_dataset)


@require_http_methods(["GET", "HEAD", "POST"])
def teacher_new(request: HttpRequest, slug: str) -> HttpResponse:
    """This will register a teacher from a file on the server."""
    return _register(request, slug=slug, noun="teacher", operation=register_teacher)


def _register(
    request: HttpRequest, *, slug: str, noun: str, operation: Callable[..., Dataset | Teacher]
) -> HttpResponse:
    project = project_or_404(request, slug)
    form = RegisterForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        try:
            source = operation(project=project, user=user_of(request), **given)
            messages.success(request, f"The {noun} “{source.name}” is registered.")
            return redirect(noun, source.pk)
        except UnableToRegister as refusal:
            show_refusal(form, refusal)
    context = {
        "project": project,
        "form": form,
        "noun": noun,
        "roots": roots(),
        "suggestions": suggestions(noun),
    }
    return render(request, "sources/new.html", context)


def _facts(report: dict[str, Any]) -> list[tuple[str, str]]:
    """What a person wants to know of a model file, from the engine's report on it."""
    card = report.get("card") or {}
    net = card.get("net") or {}
    facts = [
        ("Architecture", _architecture(net)),
        ("Parameters", f"{report['parameters']:,}" if "parameters" in report else ""),
        ("Size", bytesize(report["bytes"]) if "bytes" in report else ""),
        ("Feature width", str(card.get("feature_width", ""))),
        ("Vocabulary", f"{len(card['vocabulary']):,} words" if "vocabulary" in card else ""),
        ("Temperature", f"{card['temperature']:.3g}" if "temperature" in card else ""),
        *_quality(card.get("metrics") or {}),
    ]
    return [(name, value) for name, value in facts if value]


def _architecture(net: dict[str, Any]) -> str:
    """The family first: the database forgets the order of keys."""
    sizes = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in net.items() if key != "family")
    return f"{net['family']}: {sizes}" if "family" in net else sizes


def _quality(metrics: dict[str, float]) -> list[tuple[str, str]]:
    """Measures on test, named and in percent as in the result of a job."""
    return [
        (f"{title} on test", f"{100 * metrics[f'test/{key}']:.1f} %")
        for key, title in COLUMNS
        if f"test/{key}" in metrics
    ]
