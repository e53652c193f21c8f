"""What one sample is called on pages: an image, or a clip whatever is seen of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mtkd_engine.spec.classification.kinds import IMAGES

IMAGE, CLIP = "image", "clip"


def noun_of(kind: str) -> str:
    """This will name one sample that is, or is seen as, images, clips, streams or features."""
    return IMAGE if kind == IMAGES else CLIP


def noun_of_spec(spec: Mapping[str, Any]) -> str:
    """This will name a sample of a plain spec of task classification."""
    return noun_of(str((spec.get("data") or {}).get("kind") or IMAGES))


def noun_of_card(card: Mapping[str, Any]) -> str:
    """This will name a sample that the classifier of a card reads."""
    return CLIP if (card.get("input") or {}).get("kind") else IMAGE
