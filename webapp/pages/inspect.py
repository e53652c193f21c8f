"""Inspect: the samples of a job, which teacher taught which, searched, sorted, counted, taken away, selected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from jobs.comparisons.classes import class_order
from jobs.models import Job
from jobs.operations.errors import UnableToSelect
from jobs.operations.selections import create_selection
from jobs.queries.inspect.classes import has_classes, outcomes_in
from jobs.queries.inspect.counts import Spread, weight_spreads
from jobs.queries.inspect.exports import MEDIA_TYPES
from jobs.queries.inspect.filters import find_rows
from jobs.queries.inspect.table import Table
from jobs.queries.participants import is_between_models
from jobs.storage.blobs import StorageError
from jobs.storage.tables import per_sample_table
from webapp.access import job_or_404, may, user_of
from webapp.downloads import send_rows
from webapp.forms.inspect import Asked, read_asked
from webapp.pages import inspect_classes, inspect_dense
from webapp.pages.inspect_figures import spread_figure
from webapp.pages.inspect_form import filter_fields, sorted_columns
from webapp.pages.inspect_model_words import words_of
from webapp.pages.inspect_rows import shown_rows, tones_of
from webapp.pages.inspect_whose import Whose, choices_of, whose_of
from webapp.pages.inspect_words import views_with

PAGE = 50
NEXT_JOB = ("leave_out", "test_on")
LIST_COLUMNS = (
    *("disagreement", "entropy", "student_iou", "start_quality", "student_quality", "gain"),
    *("target_iou", "target_quality"),
)
NOT_BETWEEN = ("entropy", "target_quality")
"""What says little where models teach each other: mostly one knows best, alone."""


@require_safe
def samples(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will list samples with their teachers' weights, a page at a time."""
    found = job_or_404(request, job_id)
    words = words_of(between_models=is_between_models(found.spec))
    context: dict[str, Any] = {"job": found, "project": found.project, "words": words}
    whose = whose_of(request, found)
    try:
        table = per_sample_table(found, whose.name)
        if table is not None:
            asked = read_asked(request.GET.dict(), table, participant=whose.asked)
            context |= _listed(found, table, asked, whose)
    except StorageError as error:
        context["problem"] = str(error)
    context["may_select"] = found.dataset_id is not None and may(
        user=request.user, project=found.project, route="job-inspect-selection", method="POST"
    )
    return render(request, "inspect/samples.html", context)


@require_safe
def samples_file(request: HttpRequest, job_id: int, form: str) -> HttpResponseBase:
    """This will send the samples that an address asks for as CSV or Parquet, all their columns."""
    if form not in MEDIA_TYPES:
        raise Http404(f"There is no such form; accepted are {' and '.join(MEDIA_TYPES)}.")
    found, table = table_or_404(request, job_id)
    asked = read_asked(request.GET.dict(), table)
    whose = whose_of(request, found).name
    return send_rows(found, table, find_rows(table, asked.wanted), form=form, whose=whose)


@require_POST
def selection(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will keep ticked samples, or all that an address asks for, as a selection and lead to the next job."""
    found, table = table_or_404(request, job_id)
    if found.dataset is None:
        raise Http404("This job has no dataset of ours.")
    query = request.POST.get("query", "")
    back = f"{reverse('job-inspect', args=[found.pk])}{'?' if query else ''}{query}"
    name, use = request.POST.get("name", ""), request.POST.get("use", "")
    try:
        made = create_selection(
            dataset=found.dataset,
            user=user_of(request),
            name=name,
            ids=table.take("sample_id", _chosen(request, table, query)),
            from_job=found,
        )
    except UnableToSelect as refusal:
        messages.error(request, refusal.message)
        return redirect(back)
    messages.success(request, f"The selection “{made.name}” of {made.count:,} samples is kept.")
    if use not in NEXT_JOB:
        return redirect(back)
    following = urlencode([("like", str(found.pk)), (use, made.name)])
    return redirect(f"{reverse('job-new', args=[found.project.slug])}?{following}")


def table_or_404(request: HttpRequest, job_id: int) -> tuple[Job, Table]:
    """This will open the table of a job for somebody who may use this route on it."""
    found = job_or_404(request, job_id)
    try:
        table = per_sample_table(found, whose_of(request, found).name)
    except StorageError as error:
        raise Http404(str(error)) from error
    if table is None:
        raise Http404(f"Job {found.pk} left no table of samples.")
    return found, table


def _chosen(request: HttpRequest, table: Table, query: str) -> Any:
    """Rows by their tick, or all of an address where that was said."""
    if request.POST.get("which") == "all":
        return find_rows(table, read_asked(QueryDict(query).dict(), table).wanted)
    ticked = [text for text in request.POST.getlist("row") if text.isascii() and text.isdecimal()]
    return [row for row in map(int, ticked) if row < table.rows]


def _listed(job: Job, table: Table, asked: Asked, whose: Whose) -> dict[str, Any]:
    of_classes = has_classes(table)
    words = words_of(between_models=bool(whose.name))
    task = str(job.spec["task"]) if inspect_dense.is_of_dense(job) else ""
    rows = find_rows(table, asked.wanted)
    page = min(asked.page, max(1, -(-len(rows) // PAGE)))
    shown = _columns(table, asked, between_models=bool(whose.name))
    spreads = weight_spreads(table, rows)
    of_page = rows[PAGE * (page - 1) : PAGE * page]
    samples = shown_rows(table, of_page, quantities=shown)
    views = views_with(
        table.quantities, outcomes=outcomes_in(table) if of_classes else None, task=task, words=words
    )
    return {
        "table": table,
        "asked": asked,
        "total": len(rows),
        "of": table.rows,
        "page": page,
        "pages": max(1, -(-len(rows) // PAGE)),
        "before": asked.query(page=page - 1) if page > 1 else None,
        "behind": asked.query(page=page + 1) if page * PAGE < len(rows) else None,
        "query": asked.query(),
        "here": asked.query(page=page),
        "rows": samples,
        "columns": sorted_columns(asked, shown, of_classes=of_classes, task=task, words=words),
        "views": [(view, asked.query(**view.changes()), view.is_current(asked.wanted)) for view in views],
        "fields": filter_fields(table, asked, order=class_order(job), task=task, words=words),
        "spreads": _legend(spreads),
        "figure": spread_figure(spreads, x_title=words.weight),
        "whose": whose.name,
        "participants": choices_of(job, whose, lambda name: replace(asked, participant=name).query()),
        "has_leading": table.has("leading"),
        "has_weights": bool(spreads),
        **(
            inspect_classes.listed(job, table, rows, samples, asked=asked, words=words, own=whose.name)
            if of_classes
            else {}
        ),
        **(inspect_dense.listed(job, table, samples) if task else {}),
    }


def _columns(table: Table, asked: Asked, *, between_models: bool) -> list[str]:
    """What a page shows of each sample: the usual, and what is asked about."""
    left_out = NOT_BETWEEN if between_models else ()
    told = [name for name in LIST_COLUMNS if name not in left_out]
    usual = [name for name in told if table.has(name)]
    about = [asked.wanted.sort, *(bounds.column for bounds in asked.wanted.ranges)]
    return list(dict.fromkeys([*usual, *filter(None, about)]))


def _legend(spreads: list[Spread]) -> list[tuple[Spread, int]]:
    tones = tones_of(spread.teacher for spread in spreads)
    return [(spread, tones[spread.teacher]) for spread in spreads]
