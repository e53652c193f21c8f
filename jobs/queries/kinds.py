"""What the samples of labelled datasets are, which subjects they serve, and what classifiers read."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from jobs.models import Dataset, Teacher
from mtkd_engine.spec import AnyInput
from mtkd_engine.spec.classification.kinds import IMAGES, SEEN_AS

CLASSIFICATION = "classification"
_INPUTS: TypeAdapter[Any] = TypeAdapter(AnyInput)


def held_by(dataset: Dataset) -> str:
    """This will say what the samples of a labelled dataset are; reports of images are older than the word for it."""
    return str(dataset.report.get("data") or IMAGES)


def subjects_of(dataset: Dataset) -> tuple[str, ...]:
    """This will name the subjects that a dataset can serve, as `mtkd_engine.spec.SPECS` does, the usual one first."""
    if dataset.task != CLASSIFICATION:
        return (dataset.task,)
    return tuple(subject_seeing(kind) for kind in SEEN_AS.get(held_by(dataset), ()))


def subject_seeing(kind: str) -> str:
    """This will name the subject of jobs that see samples as images, clips, streams or features."""
    return CLASSIFICATION if kind == IMAGES else kind


def width_of(dataset: Dataset) -> int | None:
    """This will give the columns of a dataset's features, None where it has none."""
    found = dataset.report.get("feature_width")
    return found if isinstance(found, int) else None


def reads_of(teacher: Teacher) -> AnyInput | None:
    """This will give what a classifier wants to read, None where its card cannot be understood."""
    card = teacher.report.get("card") or {}
    try:
        found: AnyInput = _INPUTS.validate_python(card.get("input") or {})
    except ValidationError:
        return None
    return found
