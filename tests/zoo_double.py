"""A zoo without networks: models that were measured, and what they said of each sample."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.utils import timezone

from jobs.models import Dataset, Measurement, Teacher
from jobs.storage.blobs import keep_file
from mtkd_engine.predictions.outcomes import Outcomes, joined, outcomes_of, write_outcomes
from tests.classifying import CLASSES

SPLITS = ("val", "test")
LABELS = tuple(CLASSES[place % len(CLASSES)] for place in range(40))
"""Ten samples of each class, on both splits."""


def saying(*known: str, but: Sequence[int] = ()) -> list[str]:
    """This will give what one says who knows some classes, errs on some samples, and calls the rest by the next."""
    following = dict(zip(CLASSES, (*CLASSES[1:], CLASSES[0]), strict=True))
    return [
        label if label in known and place not in but else following[label]
        for place, label in enumerate(LABELS)
    ]


def keep_measured(teacher: Teacher, dataset: Dataset, said: Sequence[str], *, folder: Path) -> Measurement:
    """This will keep the measurement of a classifier as a registration leaves it."""
    right = [one == label for one, label in zip(said, LABELS, strict=True)]
    parts = [
        _part(
            split, "truth", [0.9 if is_right else 0.2 for is_right in right], labels=LABELS, said=list(said)
        )
        for split in SPLITS
    ]
    return _kept(teacher, dataset, parts, {"top1": sum(right) / len(right)}, folder)


def keep_masks(teacher: Teacher, dataset: Dataset, quality: Sequence[float], *, folder: Path) -> Measurement:
    """This will keep the measurement of a network for segmentation: how good each mask is, on both splits."""
    parts = [_part(split, "image_miou", quality) for split in SPLITS]
    return _kept(teacher, dataset, parts, {"miou": sum(quality) / len(quality)}, folder)


def _part(split: str, measure: str, quality: Sequence[float], **words: Sequence[str]) -> Outcomes:
    places = range(len(quality))
    return outcomes_of(
        dataset_hash="d" * 64,
        measure=measure,
        ids=[f"{split}/{place:02}" for place in places],
        split=split,
        sources=[f"{place:02}" for place in places],
        quality_N=quality,
        **words,
    )


def _kept(
    teacher: Teacher, dataset: Dataset, parts: Sequence[Outcomes], metrics: dict[str, float], folder: Path
) -> Measurement:
    file = folder / f"{teacher.name}.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    write_outcomes(file, joined(parts))
    told = {"samples": len(parts[0]), "metrics": metrics}
    return Measurement.objects.create(
        teacher=teacher,
        dataset=dataset,
        outcomes=keep_file(file),
        quality={"split": "val", **told, "splits": dict.fromkeys(SPLITS, told)},
        measured_at=timezone.now(),
    )
