"""What one sample is called on pages: an image, a clip whatever is seen of it, or a video that people looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.queries.kinds import GAZE, GAZE_VIDEO, MASKS
from mtkd_engine.spec.classification.kinds import IMAGES

IMAGE, CLIP, VIDEO = "image", "clip", "video"


def noun_of(kind: str) -> str:
    """This will name one sample that is, or is seen as, images, clips, streams, features, masks or gaze."""
    if kind == GAZE_VIDEO:
        return VIDEO
    return IMAGE if kind in (IMAGES, MASKS, GAZE) else CLIP


def noun_of_spec(spec: Mapping[str, Any]) -> str:
    """This will name a sample of a plain spec of task classification."""
    return noun_of(str((spec.get("data") or {}).get("kind") or IMAGES))


def noun_of_card(card: Mapping[str, Any]) -> str:
    """This will name a sample that the model of a card reads."""
    kind = (card.get("input") or {}).get("kind")
    return {None: IMAGE, "picture": IMAGE, "film": VIDEO}.get(kind, CLIP)
