"""The zoo: a project's models on a dataset, and who could learn from whom, known before any training."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jobs.comparisons.partners import SPLITS
from jobs.models import Dataset, Project
from jobs.operations.errors import UnableToMeasure
from jobs.operations.measurements import measure
from jobs.queries.sources import find_dataset, list_teachers
from jobs.queries.zoo import zoo_datasets
from jobs.storage.blobs import StorageError
from mtkd_engine.spec.measures import measures_of
from webapp.access import may, project_or_404, user_of
from webapp.pages.cards import MOST_CLASSES
from webapp.pages.inspect_dense_words import MEASURES
from webapp.zoo import NotInZooError, dataset_of, expertise, partners, split_of
from webapp.zoo import zoo as told_of

_PARTS = ("first_only", "both", "second_only", "neither")
"""What the samples of a pair are divided into, from the left: what both know lies between."""


@require_safe
def zoo(request: HttpRequest, slug: str) -> HttpResponse:
    """This will show the models of a project on the dataset of `?dataset=`, pairs of `?of=`, and classes of a pair."""
    project = project_or_404(request, slug)
    context: dict[str, Any] = {
        "project": project,
        "datasets": zoo_datasets(project),
        "splits": SPLITS,
        "may_edit": may(user=request.user, project=project, route="zoo-measurement", method="POST"),
        "may_submit": may(user=request.user, project=project, route="job-new"),
    }
    try:
        context |= _asked(request, project)
    except NotInZooError as error:
        return render(request, "zoo/zoo.html", {**context, "problem": str(error)}, status=404)
    except StorageError as error:
        context["problem"] = str(error)
    return render(request, "zoo/zoo.html", context)


@require_POST
def measurement(request: HttpRequest, slug: str) -> HttpResponse:
    """This will ask for the teachers that were chosen to be measured on a dataset, and lead back to the zoo."""
    project = project_or_404(request, slug)
    label = request.POST.get("dataset", "")[:140]
    dataset = find_dataset(project, label)
    names = request.POST.getlist("teacher")
    teachers = list(list_teachers(project=project, archived=None).filter(name__in=names))
    if dataset is None or not teachers:
        messages.error(request, "Nothing was asked for: the dataset or the model is not there any more.")
        return redirect("zoo", project.slug)
    try:
        for teacher in teachers:
            measure(teacher=teacher, dataset=dataset, user=user_of(request))
        count = f"{teachers[0].name} is" if len(teachers) == 1 else f"{len(teachers)} models are"
        messages.success(request, f"{count} being measured on {dataset.label}; look again in a while.")
    except UnableToMeasure as refusal:
        messages.error(request, refusal.message)
    return redirect(_address(project, dataset=dataset.label))


def _asked(request: HttpRequest, project: Project) -> dict[str, Any]:
    dataset = dataset_of(project, request.GET.get("dataset", ""))
    split, of = split_of(request.GET.get("split", "")), request.GET.get("of", "")
    if dataset is None:
        return {"split": split}
    measures = measures_of({"task": dataset.task})
    found = told_of(dataset, split=split)
    context = {
        "dataset": dataset,
        "split": split,
        "of": of,
        "measure": measures.title,
        "sample_measure": MEASURES.get(dataset.task, ""),
        "models": [{**one, "quality": one["metrics"].get(measures.headline)} for one in found["models"]],
        "unmeasured": [
            one["name"] for one in found["models"] if one["measured_at"] is None and not one["is_under_way"]
        ],
        "is_under_way": any(one["is_under_way"] for one in found["models"]),
    }
    ranked = partners(dataset, split=split, of=of)
    context["ranked"] = {**ranked, "pairs": [_pair(project, dataset, split, one) for one in ranked["pairs"]]}
    first, second = request.GET.get("first", ""), request.GET.get("second", "")
    if first and second:
        told = expertise(dataset, split=split, first=first, second=second)
        context["expertise"] = {
            **told,
            "classes": told["classes"][:MOST_CLASSES],
            "count": len(told["classes"]),
        }
    return context


def _pair(project: Project, dataset: Dataset, split: str, pair: dict[str, Any]) -> dict[str, Any]:
    """A pair with the parts of its bar, from the left, and where its buttons lead."""
    parts, start = [], 0.0
    for key in _PARTS:
        if pair[key] is not None:
            share = 100 * pair[key]["mean"]
            parts.append({"key": key, "start": start, "width": share})
            start += share
    both = {"first": pair["first"], "second": pair["second"]}
    train = [
        ("dataset", dataset.label),
        ("method", "mutual"),
        *(("teachers", name) for name in both.values()),
    ]
    return {
        **pair,
        "parts": parts,
        "classes_url": f"{_address(project, dataset=dataset.label, split=split, **both)}#expertise",
        "submit_url": f"{reverse('job-new', args=[project.slug])}?{urlencode(train)}",
    }


def _address(project: Project, **given: str) -> str:
    return f"{reverse('zoo', args=[project.slug])}?{urlencode(given)}"
