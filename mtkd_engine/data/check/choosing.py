"""Which check is made of samples that are labelled as wholes or pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from mtkd_engine.data.clips.check.checking import check_clips
from mtkd_engine.data.clips.finding import FORMATS as CLIP_FORMATS
from mtkd_engine.data.clips.finding import holds_clips
from mtkd_engine.data.gaze.check.checking import check_gaze
from mtkd_engine.data.gaze.finding import FORMATS as GAZE_FORMATS
from mtkd_engine.data.images.check.checking import check_images
from mtkd_engine.data.images.finding import FORMATS as IMAGE_FORMATS
from mtkd_engine.data.labelled.check.checking import Checking
from mtkd_engine.data.masks.check.checking import check_masks
from mtkd_engine.data.masks.finding import FORMATS as MASK_FORMATS
from mtkd_engine.data.task import SALIENCY, SEGMENTATION, task_of_all


class Check(Protocol):
    """A full check of what lies in some folders."""

    def __call__(self, roots: Sequence[Path], *, name: str, asked: Checking) -> dict[str, Any]:
        """This will give a report, and perhaps seal a dataset."""
        ...


def check_of(roots: Sequence[Path], *, form: str) -> Check:
    """This will choose by the form that somebody names, else by what lies there."""
    named: tuple[tuple[tuple[str, ...], Check], ...] = (
        (GAZE_FORMATS, check_gaze),
        (MASK_FORMATS, check_masks),
        (CLIP_FORMATS, check_clips),
        (IMAGE_FORMATS, check_images),
    )
    for forms, check in named:
        if form in forms:
            return check
    task = task_of_all(roots)
    if task in (SALIENCY, SEGMENTATION):
        return check_gaze if task == SALIENCY else check_masks
    return check_clips if holds_clips(roots) else check_images
