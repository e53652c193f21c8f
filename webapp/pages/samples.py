"""The samples of a dataset: a list to search in, and one of them with its video and what the network sees of it."""

from __future__ import annotations

import base64
from pathlib import PurePosixPath
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.models import Dataset
from jobs.queries.kinds import GROUNDING
from jobs.queries.samples import (
    SPLITS,
    Sample,
    SampleFiles,
    list_samples,
    read_samples,
    samples_of_video,
    video_of,
)
from jobs.storage.blobs import StorageError
from jobs.storage.previews import sample_files
from webapp.access import dataset_or_404
from webapp.downloads import send_blob
from webapp.pages import images
from webapp.pages.timeline import Line, line_of

PAGE = 50
LONGEST_SEARCH = 200
VIDEOS = "videos/"
MEDIA_TYPES = {".mp4": "video/mp4", ".webm": "video/webm"}


@require_safe
def samples(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """This will list samples of one split or all, those that hold a text, a page at a time."""
    found = dataset_or_404(request, dataset_id)
    if found.task != GROUNDING:
        return images.list_page(request, found)
    split = request.GET.get("split", "")
    split = split if split in SPLITS else ""
    text = request.GET.get("q", "")[:LONGEST_SEARCH].replace("\0", "")
    page = _page(request.GET.get("page", ""))
    context: dict[str, Any] = {"dataset": found, "project": found.project, "split": split, "text": text}
    files = _files(found, context)
    if files is not None:
        listed = list_samples(files, split=split, text=text, skip=PAGE * (page - 1), limit=PAGE)
        context |= {
            "rows": [(sample, line_of(sample.windows, sample.duration)) for sample in listed.samples],
            "total": listed.total,
            "is_cut": listed.is_cut,
            "page": page,
            "pages": max(1, -(-listed.total // PAGE)),
            "splits": [name for name in SPLITS if files.rows(name)],
        }
    return render(request, "sources/samples.html", context)


@require_safe
def sample(request: HttpRequest, dataset_id: int, row: int) -> HttpResponse:
    """This will show one sample: its sentence, its windows, its video and its features; or its picture."""
    found = dataset_or_404(request, dataset_id)
    if found.task != GROUNDING:
        return images.sample_page(request, found, row=row)
    context: dict[str, Any] = {"dataset": found, "project": found.project}
    files = _files(found, context)
    if files is None or row not in files.rows(""):
        raise Http404(context.get("problem") or f"{found.label} has no sample in row {row}.")
    shown = read_samples(files, [row])[0]
    strip, file = video_of(files, shown.video)
    context |= {
        "sample": shown,
        "line": line_of(shown.windows, shown.duration),
        "strip": "" if strip is None else base64.b64encode(strip.tobytes()).decode(),
        "video_name": file.removeprefix(VIDEOS) if found.files.filter(name=file).exists() else "",
        "siblings": _siblings(files, shown),
        "previous": row - 1 if row else None,
        "next": row + 1 if row + 1 in files.rows("") else None,
        "last": files.rows("").stop,
    }
    return render(request, "sources/sample.html", context)


@require_safe
def video(request: HttpRequest, dataset_id: int, name: str) -> HttpResponseBase:
    """This will send a video of the dataset, or the part of it that a player asks for."""
    found = dataset_or_404(request, dataset_id)
    file = found.files.filter(name=f"{VIDEOS}{name}").select_related("blob").first()
    media_type = MEDIA_TYPES.get(PurePosixPath(name).suffix)
    if file is None or media_type is None:
        raise Http404(f"{found.label} has no video named {name!r}.")
    return send_blob(request, file.blob, name=name.rpartition("/")[2], media_type=media_type, inline=True)


def first_samples(dataset: Dataset, *, most: int = 5) -> tuple[list[tuple[Any, Line]], bool]:
    """This will give samples for the card, and whether they are stored ones with pages of their own.

    What the report quotes is shown where the stored ones cannot be read.
    """
    files = _files(dataset, {})
    if files is not None:
        found = read_samples(files, list(files.rows("")[:most]))
        return [(sample, line_of(sample.windows, sample.duration)) for sample in found], True
    quoted = (dataset.report.get("samples") or [])[:most]
    return [(sample, line_of(sample["windows"], sample["duration"])) for sample in quoted], False


def _files(dataset: Dataset, context: dict[str, Any]) -> SampleFiles | None:
    try:
        return sample_files(dataset)
    except StorageError as error:
        context["problem"] = str(error)
        return None


def _siblings(files: SampleFiles, shown: Sample) -> list[Any]:
    others = samples_of_video(files, shown.video)
    return [(other, line_of(other.windows, other.duration)) for other in others if other.row != shown.row]


def _page(given: str) -> int:
    return max(1, int(given)) if given.isascii() and given.isdecimal() and len(given) < 7 else 1
