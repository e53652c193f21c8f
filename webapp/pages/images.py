"""Pictures and clips of a dataset: a list by split and class, one of them, and its picture for the browser."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.models import Dataset
from jobs.queries.images import ImageFiles, StoredImage, list_images, read_images
from jobs.queries.kinds import held_by, is_dense
from jobs.queries.samples import SPLITS
from jobs.storage.blobs import StorageError
from jobs.storage.previews import has_plays, labelled_files
from webapp.access import dataset_or_404
from webapp.downloads import class_of, send_image
from webapp.nouns import noun_of
from webapp.overlays import WAYS, layers_of
from webapp.pages.dense import dense_context

PAGE = 60
FIRST = 24
FIRST_LINES = 6  # where there is nothing to look at
LONGEST_SEARCH = 200


@require_safe
def image(request: HttpRequest, dataset_id: int, row: int) -> HttpResponse:
    """This will send the image in a row of the dataset, under the type that its first bytes tell."""
    return send_image(request, dataset_or_404(request, dataset_id), row=row)


def list_page(request: HttpRequest, found: Dataset) -> HttpResponse:
    """This will list samples of one split or all, of one class or all, those that hold a text, a page at a time."""
    split = request.GET.get("split", "")
    split = split if split in SPLITS else ""
    text = request.GET.get("q", "")[:LONGEST_SEARCH].replace("\0", "")
    page = _number(request.GET.get("page", "")) or 1
    label = _number(request.GET.get("class", ""))
    classes = _classes(found)
    label = label if label is not None and label < len(classes) else None
    context = {**_about(found), "split": split, "text": text}
    files = _files(found, context)
    if files is not None:
        listed = list_images(files, split=split, label=label, text=text, skip=PAGE * (page - 1), limit=PAGE)
        context |= {
            "images": named(listed.images, classes),
            "total": listed.total,
            "is_cut": listed.is_cut,
            "page": page,
            "pages": max(1, -(-listed.total // PAGE)),
            "is_pictured": files.offsets is not None,
            "splits": [name for name in SPLITS if files.rows(name)],
            "classes": list(enumerate(classes)),
            "label": label,
            "class_name": "" if label is None else classes[label],
        }
    return render(request, "sources/images.html", context)


def sample_page(request: HttpRequest, found: Dataset, *, row: int) -> HttpResponse:
    """This will show one image or clip, its class and what its file is."""
    context = _about(found)
    files = _files(found, context)
    if files is None or row not in files.rows(""):
        raise Http404(context.get("problem") or f"{found.label} has no sample in row {row}.")
    shown = read_images(files, [row])[0]
    if is_dense(found.task):
        context |= dense_context(found, shown)
    start, end = files.place_of(row) if shown.is_pictured else (0, 0)
    context |= {
        "sample": shown,
        "has_play": bool(shown.frames) and has_plays(found),
        "class_name": class_of(shown, _classes(found)),
        "size": end - start,
        "previous": row - 1 if row else None,
        "next": row + 1 if row + 1 in files.rows("") else None,
        "last": files.rows("").stop,
    }
    return render(request, "sources/dense.html" if is_dense(found.task) else "sources/image.html", context)


def first_images(dataset: Dataset) -> list[tuple[StoredImage, str]]:
    """This will give some samples with their classes for the card, spread over the dataset; none of one without."""
    files = _files(dataset, {})
    if files is None:
        return []
    rows, classes = files.rows(""), _classes(dataset)
    if files.offsets is None:  # one further each time: classes often take turns
        spread = [place * len(rows) // FIRST_LINES + place for place in range(FIRST_LINES)]
        return named(read_images(files, [row for row in spread if row in rows]), classes)
    return named(read_images(files, list(rows[:: max(1, len(rows) // FIRST)][:FIRST])), classes)


def named(images: list[StoredImage], classes: list[str]) -> list[tuple[StoredImage, str]]:
    """This will put the name of its class beside each image."""
    return [(one, class_of(one, classes)) for one in images]


def _about(found: Dataset) -> dict[str, Any]:
    held = held_by(found)
    about = {"dataset": found, "project": found.project, "held": held, "noun": noun_of(held)}
    return about | {"layers": layers_of(found), "ways": WAYS}


def _classes(dataset: Dataset) -> list[str]:
    """The classes that samples have as wholes; those of a mask are its pixels'."""
    if is_dense(dataset.task):
        return []
    return [str(name) for name in dataset.report.get("classes") or []]


def _files(dataset: Dataset, context: dict[str, Any]) -> ImageFiles | None:
    try:
        return labelled_files(dataset)
    except StorageError as error:
        context["problem"] = str(error)
        return None


def _number(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 7 else None
