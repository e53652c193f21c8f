"""Of which task a dataset is, told before it is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mtkd_engine.data.clips.finding import holds_clips
from mtkd_engine.data.gaze.finding import holds_gaze
from mtkd_engine.data.images.finding import holds_images
from mtkd_engine.data.images.kinds import SUFFIXES as IMAGES
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.labelled.home import home_of
from mtkd_engine.data.manifest import FILE
from mtkd_engine.data.masks.finding import holds_masks

GROUNDING, CLASSIFICATION = "grounding", "classification"
SEGMENTATION, SALIENCY = "segmentation", "saliency"
LABELLED = (CLASSIFICATION, SEGMENTATION, SALIENCY)
"""Tasks whose samples are labelled, as wholes or pixel by pixel, or looked at."""


def task_of(path: Path) -> str:
    """This will say "grounding", "classification", "segmentation" or "saliency".

    That is what dataset.json states, else what lies there.

    What is neither counts as grounding, whose reader says what is missing. Raises DataError for a broken
    dataset.json.
    """
    return task_of_all((path,))


def task_of_all(roots: Sequence[Path]) -> str:
    """This will say of which task folders together are: videos and what labels them may lie apart."""
    places = [home_of(Path(root), suffixes=IMAGES) for root in roots]
    for place in places:
        if (place / FILE).is_file():
            return str(read_json_object(place / FILE).get("task", GROUNDING))
    there = [place for place in places if place.exists()]
    if holds_gaze(there):
        return SALIENCY
    if holds_masks(there):
        return SEGMENTATION
    return CLASSIFICATION if there and (holds_clips(there) or holds_images(there)) else GROUNDING
