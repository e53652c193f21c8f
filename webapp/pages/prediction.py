"""Try it: a student is asked where a video shows what a sentence says."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jobs.models import Job, Prediction
from jobs.operations.errors import UnableToPredict
from jobs.operations.predictions import ask_about_file, ask_about_sample, can_be_asked, sample_of
from jobs.queries.predictions import find_prediction
from jobs.queries.samples import Sample, SampleFiles, list_samples, video_of
from jobs.storage.blobs import StorageError
from jobs.storage.previews import sample_files
from webapp.access import job_or_404, may, user_of
from webapp.forms.prediction import FileQuestionForm, SampleQuestionForm
from webapp.forms.refusals import show_refusal
from webapp.pages.samples import LONGEST_SEARCH, VIDEOS
from webapp.pages.timeline import line_of

OFFERED = 8
LONGEST_NUMBER = 12  # digits


@require_http_methods(["GET", "HEAD", "POST"])
def prediction(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will take a question to the job's student, and show it with its answer; `?part=answer` only that."""
    found = job_or_404(request, job_id)
    if request.method == "POST":
        return _ask(request, found)
    asked = find_prediction(job=found, prediction_id=_number(request, "asked"))
    if request.GET.get("part") == "answer":
        return render(request, "predictions/_answer.html", _answer(found, asked))
    row = _number(request, "row") if "row" in request.GET else (asked.asked.get("row") if asked else None)
    return render(request, "predictions/prediction.html", _context(request, found, row=row, asked=asked))


def _ask(request: HttpRequest, found: Job) -> HttpResponse:
    user = user_of(request)
    if "row" in request.POST:
        form: SampleQuestionForm | FileQuestionForm = SampleQuestionForm(request.POST)
    else:
        form = FileQuestionForm(request.POST, request.FILES)
    if form.is_valid():
        given = dict(form.cleaned_data)
        try:
            if isinstance(form, SampleQuestionForm):
                made = ask_about_sample(job=found, user=user, **given)
            else:
                file = given.pop("features")
                made = ask_about_file(
                    job=found, user=user, file=file.file, name=file.name, size=file.size, **given
                )
            searched = {"q": request.GET["q"]} if request.GET.get("q") else {}
            query = urlencode({"asked": made.pk, **searched})
            return redirect(f"{reverse('job-prediction', args=[found.pk])}?{query}")
        except UnableToPredict as refusal:
            show_refusal(form, refusal)
    kind = "sample_form" if isinstance(form, SampleQuestionForm) else "file_form"
    row = form.cleaned_data.get("row") if kind == "sample_form" else None
    context = {**_context(request, found, row=row, asked=None), kind: form}
    return render(request, "predictions/prediction.html", context, status=422)


def _context(
    request: HttpRequest, found: Job, *, row: int | None, asked: Prediction | None
) -> dict[str, Any]:
    text = request.GET.get("q", "")[:LONGEST_SEARCH].replace("\0", "")
    context: dict[str, Any] = {
        "project": found.project,
        "can_ask": can_be_asked(found),
        "may_edit": may(user=request.user, project=found.project, route="job-prediction", method="POST"),
        "text": text,
        **_answer(found, asked),
    }
    picked = None
    try:
        files = None if found.dataset is None else sample_files(found.dataset)
        picked = None if row is None or files is None else sample_of(found, row=row)
    except (StorageError, UnableToPredict) as error:
        files, context["problem"] = None, str(error)
    if files is not None:
        split = "test" if files.rows("test") else ""
        offered = list_samples(files, split=split, text=text, limit=OFFERED)
        if picked is None and offered.samples:
            picked = offered.samples[0]
        context |= {"offered": offered.samples, "total": offered.total, "split": split, "picked": picked}
    sentence = asked.sentence if asked is not None else picked.sentence if picked is not None else ""
    context["sample_form"] = SampleQuestionForm(
        initial={"sentence": sentence, "row": None if picked is None else picked.row}
    )
    by_file = asked if asked is not None and "file" in asked.asked else None
    initial = {} if by_file is None else {**by_file.asked, "sentence": by_file.sentence}
    context |= {"file_form": FileQuestionForm(initial=initial), "is_by_file": by_file is not None}
    return context


def _answer(found: Job, asked: Prediction | None) -> dict[str, Any]:
    context: dict[str, Any] = {"job": found, "asked": asked}
    if asked is None or not asked.answer:
        return context
    said = asked.answer
    duration = float(said["video"]["duration"])
    windows = said["answers"][0]["windows"]
    spans = [(window["start"], window["end"]) for window in windows]
    context |= {
        "windows": [
            (line_of([span], duration), 100 * window["score"])
            for span, window in zip(spans, windows, strict=True)
        ],
        "best": line_of(spans[:1], duration),
        "duration": duration,
        "notes": said["notes"],
        "unknown_words": said["answers"][0]["unknown_words"],
    }
    return context | _of_the_sample(found, asked)


def _of_the_sample(found: Job, asked: Prediction) -> dict[str, Any]:
    """What the dataset knows of the video, and the true windows where its own sentence was asked."""
    if "row" not in asked.asked or found.dataset is None:
        return {}
    try:
        files = sample_files(found.dataset)
        sample = sample_of(found, row=asked.asked["row"])
    except (StorageError, UnableToPredict):
        return {}
    assert files is not None
    own = asked.sentence == " ".join(sample.sentence.split())
    truth = line_of(sample.windows, sample.duration) if own and sample.windows else None
    return {"sample": sample, "truth": truth, **_film(found, files, sample)}


def _film(found: Job, files: SampleFiles, sample: Sample) -> dict[str, str]:
    strip, file = video_of(files, sample.video)
    assert found.dataset is not None
    is_there = bool(file) and found.dataset.files.filter(name=file).exists()
    return {
        "strip": "" if strip is None else base64.b64encode(strip.tobytes()).decode(),
        "video_name": file.removeprefix(VIDEOS) if is_there else "",
    }


def _number(request: HttpRequest, key: str) -> int:
    given = request.GET.get(key, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= LONGEST_NUMBER else -1
