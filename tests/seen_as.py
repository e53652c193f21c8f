"""A project with labelled samples of every kind, without files, and classifiers that read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.models import Dataset, Project, Teacher
from tests.classifying import CLASSES, COUNTS

READS: Mapping[str, dict[str, Any]] = {
    "images": {},
    "clips": {"kind": "clip", "frames": 4, "size": 16},
    "streams": {"kind": "streams", "segments": 2, "size": 16},
    "features": {"kind": "features", "width": 32, "frames": 8},
}
"""By what samples are seen as, the input of a network that reads them."""
HELD = {"clips": "clips", "streams": "clips", "features": "features"}
"""By subject, what the samples of its datasets are."""
WIDTH = 32


def make_held(project: Project, held: str, *, name: str = "", width: int = WIDTH) -> Dataset:
    """This will register a dataset of clips, or of features of clips; it is called after what it holds."""
    counts: dict[str, dict[str, Any]] = {
        split: {"samples": count, "sources": count, "classes": len(CLASSES), "frames": 8 * count}
        for split, count in COUNTS.items()
    }
    report = {
        "kind": "dataset",
        "task": "classification",
        "data": held,
        "classes": list(CLASSES),
        "splits": counts,
        "feature_width": width if held == "features" else None,
        "longest": 8,
    }
    name = name or held
    return Dataset.objects.create(
        project=project, name=name, task="classification", content_hash=f"hash of {name}", report=report
    )


def make_reader(project: Project, name: str, *, reads: str, **changes: Any) -> Teacher:
    """This will register a classifier that reads samples seen as `reads`; `changes` are of its input."""
    card: dict[str, Any] = {"classes": list(CLASSES)}
    if reads != "images":
        card["input"] = {**READS[reads], **changes}
    report = {"parameters": 1000, "card": card, "quality": {"split": "test", "metrics": {"top1": 0.81}}}
    return Teacher.objects.create(
        project=project, name=name, task="classification", content_hash=f"hash of {name}", report=report
    )


def make_sources(project: Project, subject: str) -> Dataset:
    """This will register a dataset that serves a subject, and two teachers called first and second."""
    for name in ("first", "second"):
        make_reader(project, name, reads=subject)
    return make_held(project, HELD[subject])


def plain(subject: str, *teachers: str, **changes: Any) -> dict[str, Any]:
    """This will give the plain spec of a job of a subject on the dataset of `make_sources`."""
    method: dict[str, Any] = {"kind": "multi_teacher"} if teachers else {"kind": "solo"}
    spec: dict[str, Any] = {
        "task": "classification",
        "data": {"kind": subject, "dataset": HELD[subject]},
        "method": method,
        "teachers": list(teachers),
    }
    if subject == "features":
        spec["student"] = {"input": {"width": WIDTH}}
    return {**spec, **changes}
