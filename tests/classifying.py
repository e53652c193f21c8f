"""A project that classifies images, without images: sources as their registrations leave them, and ended jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.models import Dataset, Job, Project, Teacher
from tests.group_double import end_well

CLASSES = ("cat", "dog", "fox", "owl")


def make_images(project: Project, *, name: str = "pets", classes: Sequence[str] = CLASSES) -> Dataset:
    """This will register a dataset of images."""
    splits = {split: {"samples": count, "sources": count} for split, count in COUNTS.items()}
    report = {"classes": list(classes), "splits": splits}
    return Dataset.objects.create(
        project=project, name=name, task="classification", content_hash=f"hash of {name}", report=report
    )


COUNTS = {"train": 1000, "val": 100, "test": 60}


def make_classifier(project: Project, name: str, *, classes: Sequence[str] = CLASSES) -> Teacher:
    """This will register a teacher that knows some classes."""
    report = {
        "parameters": 1000,
        "card": {"classes": list(classes)},
        "quality": {"split": "test", "metrics": {"top1": 0.81}},
    }
    return Teacher.objects.create(
        project=project, name=name, task="classification", content_hash=f"hash of {name}", report=report
    )


def spec_of(*teachers: str, dataset: str = "pets", **method: Any) -> dict[str, Any]:
    """This will give the plain spec of a job that is taught by some teachers, or by none."""
    chosen = {"kind": "multi_teacher", **method} if teachers else {"kind": "solo"}
    return {
        "task": "classification",
        "data": {"dataset": dataset},
        "method": chosen,
        "teachers": list(teachers),
    }


def shares(top1: float) -> dict[str, float]:
    """This will give the metrics of somebody who is right as often as said."""
    return {"top1": top1, "top5": 1.0, "ece": 0.04, "nll": 0.9}


def full_result(job: Job) -> dict[str, Any]:
    """This will give all that a result says, around the metrics that a job has."""
    told = {"student": (6_000, 1e6, 0.4, 3e6), "teacher:big": (90_000, 4e7, 2.0, 9e6)}
    keys = ("parameters", "macs", "latency_ms", "memory_bytes")
    solo = {"difference": 0.05, "low": 0.01, "high": 0.09}
    return {
        **(job.result or {}),
        "parameters": 6_000,
        "best_single": "big",
        "baselines": {
            "blind": shares(0.25),
            "best_single": shares(0.81),
            "oracle": shares(0.93),
            "solo": shares(0.7),
            "teacher:big": shares(0.81),
            "teacher:small": shares(0.74),
            "uniform": shares(0.83),
            "static": shares(0.84),
            "aggregated": shares(0.85),
        },
        "comparisons": {"solo": {"top1": solo}},
        "without": {"big": {"top1": 0.021, "seconds": 3.0}, "small": {"top1": -0.004}},
        "cost": {who: dict(zip(keys, values, strict=True)) for who, values in told.items()},
        "dataset": {"splits": COUNTS},
    }


def end_classifying(job: Job, said: Sequence[str], *, labels: Sequence[str] | None = None) -> Job:
    """This will let a job have succeeded with what it said of each test sample, whose classes take turns."""
    labels = labels or [CLASSES[number % len(CLASSES)] for number in range(len(said))]
    right = [one == other for one, other in zip(said, labels, strict=True)]
    metrics = shares(sum(right) / len(right))
    table: dict[str, Any] = {
        "student_iou": None,
        "label": [*labels, "cat"],
        "student_class": [*said, "dog"],
        "student_quality": [0.75 if one else 0.25 for one in right] + [0.1],
    }
    return end_well(job, iou=[0.0] * len(said), metrics=metrics, **table)


def said_with(wrong: int, *, seed: int = 0, samples: int = 60) -> list[str]:
    """This will give what a classifier says that takes a number of its samples for the next class."""
    places = {(7 * number + seed) % samples for number in range(wrong)}
    return [CLASSES[(number + (number in places)) % len(CLASSES)] for number in range(samples)]
