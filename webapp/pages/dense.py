"""What pages say of dense datasets and networks: what colours mean, who looked where, how good somebody is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.models import Dataset, Teacher
from jobs.queries.images import StoredImage
from jobs.queries.kinds import GAZE_VIDEO, GROUNDING, SEGMENTATION, held_by
from jobs.queries.samples import SPLITS
from jobs.storage.blobs import StorageError
from jobs.storage.dense import looks_of
from webapp.overlays import colours_of
from webapp.pages.cards import MOST_CLASSES
from webapp.painting import class_colours


@dataclass(frozen=True, kw_only=True)
class Key:
    """What a colour of a mask stands for."""

    name: str
    colour: str


def legend_of(dataset: Dataset) -> list[Key]:
    """This will say what the colours of the masks of a dataset stand for; nothing of one without masks."""
    if dataset.task != SEGMENTATION:
        return []
    names = [str(name) for name in dataset.report.get("classes") or []][:MOST_CLASSES]
    return [Key(name=name, colour=colour) for name, colour in zip(names, colours_of(dataset), strict=False)]


@dataclass(frozen=True, kw_only=True)
class PixelRow:
    """How much of the pixels of train, val and test is of a class, in percent; void has no colour.

    `width` is how large it is in train beside the largest.
    """

    name: str
    colour: str
    shares: list[float | None]
    width: float


def pixel_rows(report: Mapping[str, Any]) -> list[PixelRow]:
    """This will lay out how the pixels of a dataset of masks are spread over classes; nothing where nobody counted."""
    told = (report.get("statistics") or {}).get("pixels") or {}
    names = [str(name) for name in report.get("classes") or []]
    if not told or not names:
        return []
    colours = class_colours(len(names), report.get("colours"))
    shares = {split: _shares(told.get(split) or []) for split in SPLITS}
    most = max(shares[SPLITS[0]][: len(names)], default=0.0) or 1.0
    rows = [*zip(names, colours, strict=True), ("void", "")][: 1 + MOST_CLASSES]
    return [
        PixelRow(
            name=name,
            colour=colour,
            shares=[known[place] if place < len(known) else None for known in shares.values()],
            width=min(100.0, 100 * _at(shares[SPLITS[0]], place) / most),
        )
        for place, (name, colour) in enumerate(rows)
        if any(place < len(known) for known in shares.values())
    ]


def left_out_words(statistics: Mapping[str, Any]) -> str:
    """This will say how many fixations lie where nothing is to be seen, "" where none do or where there are none."""
    told = statistics.get("left_out") or {}
    words = [
        f"{told[key]:,} {words}"
        for key, words in (
            ("outside", "outside of the frame"),
            ("late", "after the end"),
            ("clipped", "cut off at the end"),
        )
        if told.get(key)
    ]
    return ", ".join(words)


def blind_words(teacher: Teacher) -> str:
    """This will say what the blind baseline of a teacher that is no classifier says."""
    if teacher.task == GROUNDING:
        return "the best constant window, which sees neither video nor sentence"
    return "what pixels at the same place have in train, which sees no picture"


def overlap_rows(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """This will lay out how well a segmentation network knows each class, in percent; nothing of any other."""
    if report.get("task") != SEGMENTATION:
        return []
    rows = (report.get("quality") or {}).get("classes") or []
    shown = ("iou", "accuracy")
    return [
        {"name": row.get("name", ""), **{key: _percent(row.get(key)) for key in shown}}
        for row in rows[:MOST_CLASSES]
    ]


def _percent(share: object) -> float | None:
    return 100 * share if isinstance(share, int | float) else None


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [100 * count / total for count in counts] if total else []


def _at(shares: Sequence[float], place: int) -> float:
    return shares[place] if place < len(shares) else 0.0


def dense_context(dataset: Dataset, one: StoredImage) -> dict[str, Any]:
    """This will give what the page of a sample shows besides its picture."""
    return {
        "legend": legend_of(dataset),
        "is_film": held_by(dataset) == GAZE_VIDEO,
        "has_masks": dataset.task == SEGMENTATION,
        **_looked(dataset, one),
    }


def _looked(dataset: Dataset, one: StoredImage) -> dict[str, Any]:
    if dataset.task == SEGMENTATION:
        return {}
    try:
        looks = looks_of(dataset, row=one.row)
    except StorageError as error:
        return {"problem": str(error)}
    if looks is None:
        return {}
    return {"fixations": len(looks.looks_K), "viewers": looks.viewers}
