"""What the samples of labelled datasets are, which subjects they serve, and what classifiers read."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from jobs.models import Dataset, Teacher
from mtkd_engine.spec import AnyInput
from mtkd_engine.spec.classification.kinds import IMAGES, SEEN_AS

GROUNDING, CLASSIFICATION = "grounding", "classification"
SEGMENTATION, SALIENCY, VIDEO_SALIENCY = "segmentation", "saliency", "video_saliency"
"""Tasks with an output for every pixel, and the subject of saliency in videos."""
MASKS, GAZE, GAZE_VIDEO = "masks", "gaze", "gaze_video"
"""What samples of dense tasks are: pictures with a class for each pixel, pictures or videos that people looked at."""
_INPUTS: TypeAdapter[Any] = TypeAdapter(AnyInput)


def is_dense(task: object) -> bool:
    """This will tell whether a task has an output for every pixel."""
    return task in (SEGMENTATION, SALIENCY)


def held_by(dataset: Dataset) -> str:
    """This will say what the samples of a labelled dataset are; reports of images are older than the word for it."""
    usual = {SEGMENTATION: MASKS, SALIENCY: GAZE}.get(dataset.task, IMAGES)
    return str(dataset.report.get("data") or usual)


def subjects_of(dataset: Dataset) -> tuple[str, ...]:
    """This will name the subjects that a dataset can serve, as `mtkd_engine.spec.SPECS` does, the usual one first."""
    if dataset.task == SALIENCY and held_by(dataset) == GAZE_VIDEO:
        return (VIDEO_SALIENCY,)
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


def reads_films(teacher: Teacher) -> bool:
    """This will tell whether a network of a dense task wants frames that follow each other."""
    return ((teacher.report.get("card") or {}).get("input") or {}).get("kind") == "film"


def misses_frames(teacher: Teacher, dataset: Dataset) -> bool:
    """This will tell whether a network wants frames that follow each other, and a dataset has none."""
    return reads_films(teacher) and held_by(dataset) != GAZE_VIDEO
