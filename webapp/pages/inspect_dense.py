"""Inspect on jobs of dense tasks: pictures of a list, and one picture with what everybody says of it laid over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pyarrow.compute as pc
from django.urls import reverse

from jobs.models import Job
from jobs.queries.images import StoredImage, list_images
from jobs.queries.inspect.maps import AT_START, SOLO, STUDENT, TRUTH, Mapped
from jobs.queries.inspect.table import Rows, Table
from jobs.queries.kinds import SEGMENTATION, is_dense
from jobs.queries.participants import SAMPLES, learners_of
from jobs.storage.blobs import StorageError
from jobs.storage.previews import has_plays, labelled_files
from jobs.storage.tables import mapped_by, open_table
from webapp.nouns import noun_of_spec
from webapp.overlays import DENSITY, MASK, WAYS, Layer, layers_of
from webapp.pages.dense import legend_of
from webapp.pages.inspect_classes import known_images
from webapp.pages.inspect_dense_words import OTHERS, measure_of, title_of_dense
from webapp.pages.inspect_rows import Shown, tones_of

_TITLES = {TRUTH: "Truth", STUDENT: "Student", SOLO: "Without teachers"}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What somebody says of a picture: where the map is, how good it is, and what it gained since the start."""

    title: str
    when: str
    of: str
    url: str
    tone: int = 0
    quality: float | None = None
    gain: float | None = None


def is_of_dense(job: Job) -> bool:
    """This will tell whether the samples of a job are told of pixel by pixel."""
    return is_dense(job.spec.get("task"))


def listed(job: Job, table: Table, shown: Sequence[Shown]) -> dict[str, Any]:
    """This will give what the list shows besides: the picture of each sample with its truth."""
    found = pictures_of(job, table, [sample.row for sample in shown])
    return {
        "is_dense": True,
        "noun": noun_of_spec(job.spec),
        "pictured_rows": list(zip(shown, found, strict=True)),
        "layers": [] if job.dataset is None else layers_of(job.dataset)[:1],
    }


def pictures_of(job: Job, table: Table, rows: Sequence[int] | Rows) -> list[StoredImage | None]:
    """This will find the pictures of some rows; a part of a video, VIDEO@FRAME, has that of its video."""
    found = known_images(job, table, rows)
    ids = [str(name) for name in table.take("sample_id", rows)]
    missing = {name for name, one in zip(ids, found, strict=True) if one is None and "@" in name}
    if not missing or job.dataset is None:
        return found
    videos = {name: _named(job, name.rpartition("@")[0]) for name in missing}
    return [one or videos.get(name) for name, one in zip(ids, found, strict=True)]


def dense_context(job: Job, table: Table, row: int, known: Mapping[str, Any]) -> dict[str, Any]:
    """This will give what the page of a sample shows besides its weights."""
    sample_id, problem = str(known["sample_id"]), ""
    try:
        mapped = mapped_by(job, sample_id)
    except StorageError as error:
        mapped, problem = Mapped(), str(error)
    image = pictures_of(job, table, [row])[0]
    task = str(job.spec.get("task"))
    frame = mapped.frame or _frame_of(sample_id)
    is_film = bool(image and image.frames and job.dataset and has_plays(job.dataset))
    return {
        "image": image,
        "frame": frame,
        "is_film": is_film,
        "moment": frame / image.rate if image and image.rate else 0.0,
        "noun": noun_of_spec(job.spec),
        "said": _said(job, table, row, mapped.who, known),
        "mapped": bool(mapped.who),
        "maps_problem": problem,
        "legend": [] if job.dataset is None else legend_of(job.dataset),
        "ways": WAYS,
        "measure": measure_of(job.spec),
        "others": [
            (title_of_dense(name, task), known[name]) for name in OTHERS if known.get(name) is not None
        ],
        "truth_layers": _truth(job, image, frame, mapped.who),
    }


def _said(job: Job, table: Table, row: int, mapped: Sequence[str], known: Mapping[str, Any]) -> list[Said]:
    tones = tones_of(table.teachers)
    after = _after_training(job, str(known["sample_id"]))
    of = MASK if job.spec.get("task") == SEGMENTATION else DENSITY
    said = []
    for who in mapped:
        name = who.removesuffix(AT_START)
        is_start = who != name
        quality = _quality(known, after, name, is_start=is_start)
        start = _quality(known, after, name, is_start=True) if not is_start and name in after else None
        said.append(
            Said(
                title=_TITLES.get(who, name),
                when="before" if is_start else "" if who in _TITLES else "after",
                of=of,
                url=f"{reverse('job-inspect-map', args=[job.pk, row])}?{urlencode({'who': who})}",
                tone=tones.get(name, 0),
                quality=quality,
                gain=None if quality is None or start is None else quality - start,
            )
        )
    return said


def _quality(
    known: Mapping[str, Any], after: Mapping[str, float | None], name: str, *, is_start: bool
) -> float | None:
    """How good somebody is at a sample: what the row of the table tells, and after training the model's own table."""
    if name == TRUTH:
        return None
    if is_start:
        own = f"{name}/quality"
        return known[own] if own in known else known.get("start_quality")
    return (
        after[name]
        if name in after
        else known.get("student_quality" if name == STUDENT else f"{name}/quality")
    )


def _after_training(job: Job, sample_id: str) -> dict[str, float | None]:
    """How good each model that learned is at a sample; nothing of those whose table is gone."""
    found: dict[str, float | None] = {}
    for one in learners_of(job.result):
        artifact = job.artifacts.select_related("blob").filter(name=one.files.get(SAMPLES, "")).first()
        try:
            table = None if artifact is None else open_table(artifact)
        except StorageError:
            continue
        if table is not None and table.has("student_quality"):
            place = pc.index(table.read("sample_id"), sample_id).as_py()
            if place >= 0:
                found[one.name] = table.take("student_quality", [place])[0]
    return found


def _truth(job: Job, image: StoredImage | None, frame: int, mapped: Sequence[str]) -> list[tuple[Layer, str]]:
    """The dataset's own truth, where the job kept none of the sample."""
    if TRUTH in mapped or image is None or job.dataset is None:
        return []
    ends = f"?frame={frame}" if image.frames else ""
    return [
        (layer, reverse("dataset-overlay", args=[job.dataset.pk, image.row, layer.of]) + ends)
        for layer in layers_of(job.dataset)[:1]
    ]


def _frame_of(sample_id: str) -> int:
    """Where a part of a video begins; 0 of anything else."""
    _, at, frame = sample_id.rpartition("@")
    return int(frame) if at and frame.isascii() and frame.isdecimal() and len(frame) < 10 else 0


def _named(job: Job, name: str) -> StoredImage | None:
    try:
        files = None if job.dataset is None else labelled_files(job.dataset)
    except StorageError:
        return None
    if files is None:
        return None
    found = list_images(files, text=name, limit=1000).images
    return next((one for one in found if one.id == name), None)
