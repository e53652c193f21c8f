"""The report on a dataset of images: what web pages and people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mtkd_engine.data.images.check.looking import Seen
from mtkd_engine.data.images.check.problems import REPAIRS
from mtkd_engine.data.images.check.statistics import class_counts, count_images, describe_images
from mtkd_engine.data.images.rows import UNKNOWN, HandedImages, ImageRow
from mtkd_engine.data.images.samples import TASK
from mtkd_engine.data.labelled.reporting import told_files, told_repairs
from mtkd_engine.data.rows import Problem
from mtkd_engine.data.split import SPLITS

_SHOWN_SAMPLES = 8


@dataclass(frozen=True)
class ImageFindings:
    """Everything but the problems that a report is made of."""

    handed: HandedImages
    rows: list[ImageRow]
    seen: Mapping[int, Seen]
    made: frozenset[str]
    accepted: tuple[str, ...]


def report_of(
    found: ImageFindings, *, problems: Sequence[Problem], sealed: tuple[str, int] | None = None
) -> dict[str, Any]:
    """This will give the report as JSON-ready data; `sealed` is the content hash and the bytes of what was sealed."""
    handed = found.handed
    files = told_files(handed.files)
    return {
        "kind": "dataset",
        "task": TASK,
        "name": handed.name,
        "format": handed.format,
        "sealed": sealed is not None,
        "files": files,
        "splits": count_images(found.rows),
        "split_made": bool(found.made),
        "classes": list(handed.classes),
        "class_counts": class_counts(found.rows, classes=len(handed.classes)),
        "problems": [asdict(problem) for problem in problems],
        "repairs": told_repairs(problems, titles=REPAIRS, accepted=found.accepted),
        "statistics": describe_images(found.rows, found.seen, classes=handed.classes),
        "samples": _samples(found),
        "content_hash": None if sealed is None else sealed[0],
        "bytes": sum(file["bytes"] for file in files) if sealed is None else sealed[1],
    }


def _samples(found: ImageFindings) -> list[dict[str, Any]]:
    """Some usable images of every split, spread over it."""
    chosen: list[ImageRow] = []
    for split in SPLITS:
        usable = [
            row
            for row in found.rows
            if row.split == split and row.label != UNKNOWN and not found.seen[row.place].fault
        ]
        chosen += usable[:: max(1, len(usable) // 3)][:3]
    return [
        {
            "id": row.sample_id,
            "split": row.split,
            "label": row.label,
            "class": found.handed.classes[row.label],
            "width": found.seen[row.place].width,
            "height": found.seen[row.place].height,
        }
        for row in chosen[:_SHOWN_SAMPLES]
    ]
