"""Inspect: one sample, what every teacher said of it, what the student made of that, and the film itself."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.models import Dataset, Job
from jobs.queries.inspect.classes import has_classes
from jobs.queries.inspect.filters import find_rows, neighbours
from jobs.queries.samples import Sample, find_sample, video_of
from jobs.storage.blobs import StorageError
from jobs.storage.previews import sample_files
from jobs.storage.tables import weights_course
from webapp.forms.inspect import read_asked
from webapp.pages.inspect import table_or_404
from webapp.pages.inspect_answers import answer_context
from webapp.pages.inspect_dense import dense_context, is_of_dense
from webapp.pages.inspect_figures import course_figure
from webapp.pages.inspect_model_words import words_of
from webapp.pages.inspect_rows import shares_of, tones_of
from webapp.pages.inspect_whose import whose_of
from webapp.pages.inspect_why import Outcome, Told, why
from webapp.pages.samples import VIDEOS
from webapp.pages.timeline import Line, line_of


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One window along the video, with what is known of it; `tone` is the colour of a teacher, 0 of none."""

    kind: str
    title: str
    line: Line | None
    tone: int = 0
    weight: float | None = None
    boundaries: tuple[float, float] | None = None
    score: float | None = None
    iou: float | None = None


@require_safe
def sample(request: HttpRequest, job_id: int, row: int) -> HttpResponse:
    """This will show one sample of a job; previous and next follow the filter of the address."""
    found, table = table_or_404(request, job_id)
    if row >= table.rows:
        raise Http404(f"Job {found.pk} has no sample in row {row}.")
    whose = whose_of(request, found)
    asked = read_asked(request.GET.dict(), table, participant=whose.asked)
    rows = find_rows(table, asked.wanted)
    previous, following, place = neighbours(rows, row)
    known = {name: table.take(name, [row])[0] for name in table.names}
    of_all = {
        "job": found,
        "project": found.project,
        "row": row,
        "known": known,
        "query": asked.query(),
        "previous": previous,
        "next": following,
        "place": None if place is None else place + 1,
        "total": len(rows),
        "gain": known.get("gain"),
        "whose": whose.name,
        "words": words_of(between_models=bool(whose.name)),
        **_course(found, str(known["sample_id"])),
    }
    weights = {name: weight for name in table.teachers if (weight := known.get(f"{name}/weight")) is not None}
    of_all["shares"] = shares_of(weights, tones_of(table.teachers))
    if has_classes(table):
        return render(
            request,
            "inspect/image.html",
            of_all | answer_context(found, table, row, weights=weights, whose=whose.name),
        )
    if is_of_dense(found):
        return render(request, "inspect/dense.html", of_all | dense_context(found, table, row, known))
    return render(request, "inspect/sample.html", of_all | _moment(found, table.teachers, known))


def _moment(job: Job, teachers: Iterable[str], known: dict[str, Any]) -> dict[str, Any]:
    """What is said of a moment in a video, and why."""
    told = told_by(teachers, known)
    outcome = Outcome(
        target=known.get("target_iou"),
        student=known.get("student_iou"),
        solo=known.get("solo_iou"),
        window=_window(known, "target_start", "target_end"),
    )
    filmed = _filmed(job.dataset, known)
    return {
        "lanes": lanes_of(known, told, filmed.get("sample")),
        "duration": known.get("duration") or 0.0,
        "why": why(told, outcome, aggregator=_aggregator(job)),
        **filmed,
    }


def told_by(teachers: Iterable[str], known: dict[str, Any]) -> list[Told]:
    """This will gather what each teacher says from the columns of a row."""
    return [
        Told(
            name=name,
            weight=known.get(f"{name}/weight"),
            window=_window(known, f"{name}/start", f"{name}/end"),
            score=known.get(f"{name}/score"),
            iou=known.get(f"{name}/iou"),
        )
        for name in teachers
    ]


def lanes_of(known: dict[str, Any], told: list[Told], sample: Sample | None) -> list[Lane]:
    """This will lay out truth, student with and without teachers, target and teachers below each other."""
    length = known.get("duration")
    if not length:
        return []
    truth = _window(known, "truth_start", "truth_end")
    truths = sample.windows if sample is not None else (truth,) if truth else ()
    lanes = [Lane(kind="truth", title="Truth", line=line_of(truths, length) if truths else None)]
    for kind, title in (
        ("student", "Student"),
        ("solo", "Without teachers"),
        ("target", "Target"),
    ):
        if f"{kind}_start" in known:
            window = _window(known, f"{kind}_start", f"{kind}_end")
            score, iou = known.get(f"{kind}_score"), known.get(f"{kind}_iou")
            lanes.append(Lane(kind=kind, title=title, line=_line(window, length), score=score, iou=iou))
    tones = tones_of(one.name for one in told)
    return lanes + [
        Lane(
            kind="teacher",
            title=one.name,
            line=_line(one.window, length),
            tone=tones[one.name],
            weight=one.weight,
            boundaries=_window(known, f"{one.name}/weight_start", f"{one.name}/weight_end"),
            score=one.score,
            iou=one.iou,
        )
        for one in told
    ]


def _window(known: dict[str, Any], start: str, end: str) -> tuple[float, float] | None:
    window = known.get(start), known.get(end)
    return None if None in window else window  # type: ignore[return-value]


def _line(window: tuple[float, float] | None, length: float) -> Line | None:
    return None if window is None else line_of([window], length)


def _aggregator(job: Job) -> str:
    return str((job.spec.get("method", {}).get("aggregator") or {}).get("kind", ""))


def _filmed(dataset: Dataset | None, known: dict[str, Any]) -> dict[str, Any]:
    """What the dataset shows of the sample: all its windows, its film, its features; a spoilt one shows nothing."""
    if dataset is None:
        return {}
    try:
        files = sample_files(dataset)
        sample = find_sample(files, str(known["sample_id"])) if files is not None else None
    except StorageError:
        return {}
    if files is None or sample is None:
        return {}
    strip, file = video_of(files, sample.video)
    return {
        "sample": sample,
        "strip": "" if strip is None else base64.b64encode(strip.tobytes()).decode(),
        "video_name": file.removeprefix(VIDEOS) if dataset.files.filter(name=file).exists() else "",
    }


def _course(job: Job, sample_id: str) -> dict[str, Any]:
    try:
        course = weights_course(job, sample_id)
    except StorageError as error:
        return {"course_problem": str(error)}
    return {} if course is None else {"course": course_figure(course), "recorded": len(course.steps)}
