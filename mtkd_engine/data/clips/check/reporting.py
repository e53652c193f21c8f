"""The report on a dataset of clips: what web pages and people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mtkd_engine.data.clips.check.problems import REPAIRS
from mtkd_engine.data.clips.check.statistics import count_clips, describe_clips
from mtkd_engine.data.clips.rows import HandedClips
from mtkd_engine.data.clips.seen import Seen
from mtkd_engine.data.images.check.statistics import class_counts
from mtkd_engine.data.images.rows import UNKNOWN, ImageRow
from mtkd_engine.data.images.samples import TASK
from mtkd_engine.data.labelled.reporting import told_files, told_repairs
from mtkd_engine.data.rows import Problem
from mtkd_engine.data.split import SPLITS

_SHOWN_SAMPLES = 3


@dataclass(frozen=True)
class ClipFindings:
    """Everything but the problems that a report is made of."""

    handed: HandedClips
    rows: list[ImageRow]
    seen: Mapping[int, Seen]
    made: frozenset[str]
    accepted: tuple[str, ...]


def report_of(
    found: ClipFindings, *, problems: Sequence[Problem], sealed: tuple[str, int] | None = None
) -> dict[str, Any]:
    """This will give the report as JSON-ready data; `sealed` is the content hash and the bytes of what was sealed."""
    handed = found.handed
    files = told_files(handed.files)
    features = handed.features
    return {
        "kind": "dataset",
        "task": TASK,
        "data": handed.kind,
        "name": handed.name,
        "format": handed.format,
        "sealed": sealed is not None,
        "files": files,
        "splits": count_clips(found.rows, found.seen),
        "split_made": bool(found.made),
        "classes": list(handed.classes),
        "class_counts": class_counts(found.rows, classes=len(handed.classes)),
        "feature_width": None if features is None else features.width,
        "longest": max((look.frames for look in found.seen.values()), default=0),
        "problems": [asdict(problem) for problem in problems],
        "repairs": told_repairs(problems, titles=REPAIRS, accepted=found.accepted),
        "statistics": describe_clips(found.rows, found.seen, kind=handed.kind, classes=handed.classes),
        "samples": _samples(found),
        "content_hash": None if sealed is None else sealed[0],
        "bytes": sum(file["bytes"] for file in files) if sealed is None else sealed[1],
    }


def _samples(found: ClipFindings) -> list[dict[str, Any]]:
    """Some usable clips of every split, spread over it."""
    chosen: list[ImageRow] = []
    for split in SPLITS:
        usable = [
            row
            for row in found.rows
            if row.split == split and row.label != UNKNOWN and not found.seen[row.place].fault
        ]
        chosen += usable[:: max(1, len(usable) // _SHOWN_SAMPLES)][:_SHOWN_SAMPLES]
    return [_sample(row, found) for row in chosen]


def _sample(row: ImageRow, found: ClipFindings) -> dict[str, Any]:
    look = found.seen[row.place]
    return {
        "id": row.sample_id,
        "split": row.split,
        "label": row.label,
        "class": found.handed.classes[row.label],
        "source": row.source,
        "frames": look.frames,
        "seconds": round(look.seconds, 3),
        "width": look.width,
        "height": look.height,
    }
