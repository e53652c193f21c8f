"""Truth that is laid over a picture, as a PNG that is clear where there is nothing: masks, densities, fixations.

Shape suffixes: H and W pixels of a map, K fixations.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import parse_etags
from rest_framework.request import Request

from jobs.models import Dataset, Job
from jobs.queries.images import StoredImage, read_images
from jobs.queries.inspect.table import Table
from jobs.queries.kinds import SEGMENTATION, is_dense
from jobs.storage.blobs import StorageError
from jobs.storage.dense import LOOKS, MAPS, looks_of, map_of, mask_of
from jobs.storage.previews import labelled_files
from jobs.storage.tables import sample_map
from mtkd_engine.data.gaze.density import density
from webapp.painting import (
    PaintError,
    class_colours,
    grey_png,
    painted_heat,
    painted_mask,
    painted_points,
)
from webapp.pictures import answer_with_picture

MASK, DENSITY, FIXATIONS = "mask", "density", "fixations"
ALL = (MASK, DENSITY, FIXATIONS)
WAYS = (("picture", "Picture"), ("both", "Both"), ("strong", "Strong"), ("truth", "Without picture"))
"""How much of a picture and of what lies over it is seen, by the word that style sheets know."""
_LONGEST_MAP, _LONGEST_DRAWING = 240, 720
MOST_CLASSES = 255


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Something that can be laid over a picture: what addresses call it, and what people do."""

    of: str
    title: str


def layers_of(dataset: Dataset) -> list[Layer]:
    """This will say what can be laid over the pictures of a dataset; nothing where its task is not dense."""
    if not is_dense(dataset.task):
        return []
    if dataset.task == SEGMENTATION:
        return [Layer(of=MASK, title="Mask")]
    has_points = dataset.files.filter(name=LOOKS, blob__size__gt=0).exists()
    points = [Layer(of=FIXATIONS, title="Fixations")] if has_points else []
    return [Layer(of=DENSITY, title="Density"), *points]


def colours_of(dataset: Dataset) -> list[str]:
    """This will give the classes of a dataset the colours that it names, or others that are told apart."""
    return class_colours(len(dataset.report.get("classes") or []), dataset.report.get("colours"))


def send_overlay(
    request: HttpRequest | Request, dataset: Dataset, *, row: int, of: str, frame: int = 0, raw: bool = False
) -> HttpResponse:
    """This will answer with what is laid over the picture in a row; `raw` is a mask or map before it is coloured."""
    if of not in ALL or (of == MASK) != (dataset.task == SEGMENTATION):
        raise Http404(f"{dataset.label} has no {of[:20]!r} to lay over its pictures.")
    etag = f'"{dataset.content_hash}-{row}-{of}-{frame}-{int(raw)}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers={"ETag": etag})
    try:
        content = _drawn(dataset, _sample(dataset, row), of=of, frame=frame, raw=raw)
    except (StorageError, PaintError) as error:
        raise Http404(str(error)) from error
    if not content:
        raise Http404(f"{dataset.label} has no {of} of the sample in row {row}.")
    return answer_with_picture(
        content, media_type="image/png", name=f"{dataset.name}-{row}-{of}.png", etag=etag
    )


def send_map(
    request: HttpRequest | Request, job: Job, table: Table, *, row: int, who: str, raw: bool = False
) -> HttpResponse:
    """This will answer with what somebody says of the sample in a row of a job's table, to lay over its picture."""
    if row >= table.rows:
        raise Http404(f"Job {job.pk} has no sample in row {row}.")
    sample_id = str(table.take("sample_id", [row])[0])
    try:
        found = sample_map(job, sample_id, who)
        if found is None:
            raise Http404(f"Job {job.pk} kept no map of {sample_id[:100]} by {who[:60]!r}.")
        content = found if raw else _coloured(job, found)
    except (StorageError, PaintError) as error:
        raise Http404(str(error)) from error
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers={"ETag": etag})
    return answer_with_picture(content, media_type="image/png", name=f"job-{job.pk}-{row}.png", etag=etag)


def _coloured(job: Job, png: bytes) -> bytes:
    if job.spec.get("task") != SEGMENTATION:
        return painted_heat(png)
    return painted_mask(png, class_colours(MOST_CLASSES) if job.dataset is None else colours_of(job.dataset))


def _sample(dataset: Dataset, row: int) -> StoredImage:
    files = labelled_files(dataset)
    if files is None or row not in files.rows(""):
        raise Http404(f"{dataset.label} has no sample in row {row}.")
    return read_images(files, [row])[0]


def _drawn(dataset: Dataset, one: StoredImage, *, of: str, frame: int, raw: bool) -> bytes | None:
    if of == MASK:
        mask = mask_of(dataset, row=one.row)
        return mask if raw or not mask else painted_mask(mask, colours_of(dataset))
    place = _frames_before(dataset, one) + min(frame, (one.frames or 1) - 1)
    if of == DENSITY and (given := map_of(dataset, place=place)):
        return given if raw else painted_heat(given)
    looks = looks_of(dataset, row=one.row)
    if looks is None or not one.width or not one.height:
        return None
    scale = (_LONGEST_MAP if of == DENSITY else _LONGEST_DRAWING) / max(one.width, one.height)
    height, width = max(1, round(scale * one.height)), max(1, round(scale * one.width))
    points_K2 = looks.at(frame).points_K2
    if of == FIXATIONS:
        return painted_points(scale * points_K2, height=height, width=width)
    protocol = "dhf1k" if one.frames else "mit"
    found_HW = density(points_K2, (one.height, one.width), height=height, width=width, protocol=protocol)
    most = float(found_HW.max(initial=0.0))
    grey = grey_png((255 * found_HW / (most or 1.0)).round().astype(np.uint8))
    return grey if raw else painted_heat(grey)


def _frames_before(dataset: Dataset, one: StoredImage) -> int:
    """How many frames all earlier samples have; a picture has one. Where no maps were handed in nobody counts."""
    if not one.frames or not dataset.files.filter(name=MAPS, blob__size__gt=0).exists():
        return one.row
    files = labelled_files(dataset)
    return (
        0 if files is None else sum(other.frames or 1 for other in read_images(files, list(range(one.row))))
    )
