"""How a view of a picture and of its truth is made: scaled, cut out, mirrored together; the picture's light changed.

All of it is drawn and done on the host in whole numbers, so a view has the same bits on every machine and in every
batch.

Shape suffixes: B views, H and W pixels, C channels (3); `...` whatever stands before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.dense.nearest import nearest
from mtkd_engine.spec.dense.views import DenseAugmentSpec
from mtkd_engine.tasks.classification.draws import Hashes, below, uniform

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Place:
    """A rectangle in whole pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def inside(self) -> tuple[slice, slice]:
        """What cuts it out of rows and columns."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


@dataclass(frozen=True)
class View:
    """What is done to one sample: a part of it is brought to a part of the view, which is mirrored after that.

    The view has the size of the sample. Where `onto` is not all of it, the rest shows nothing.
    """

    part: Place
    onto: Place
    is_mirrored: bool
    brightness: float
    """Added to values of 0 to 1."""
    contrast: float
    """What distances from the mean are multiplied by."""


def drawn_views(keys_B: Hashes, view: int, spec: DenseAugmentSpec, *, height: int, width: int) -> list[View]:
    """This will draw what is done to each sample of this size in a view of this number."""
    low, high = spec.scale
    scale_B = low + (high - low) * uniform(keys_B, view, "scale")
    middle_B = np.full(len(keys_B), 0.5)
    down_B, right_B = (
        uniform(keys_B, view, purpose) if spec.crop else middle_B for purpose in ("down", "right")
    )
    flip_B = below(2, keys_B, view, "flip") if spec.flip else np.zeros(len(keys_B), np.int64)
    light_B = spec.brightness * (2 * uniform(keys_B, view, "brightness") - 1)
    contrast_B = 1 + spec.contrast * (2 * uniform(keys_B, view, "contrast") - 1)
    views = []
    for row, scale in enumerate(scale_B.tolist()):
        place = _place(1 / scale, down_B[row], right_B[row], height=height, width=width)
        onto = _place(scale, down_B[row], right_B[row], height=height, width=width)
        views.append(View(place, onto, bool(flip_B[row]), float(light_B[row]), float(contrast_B[row])))
    return views


def picture_of(pixels: Bytes, view: View) -> Bytes:
    """This will give a view of a picture, (H, W, 3), or of all frames of a video, (T, H, W, 3); black where nothing is.

    Light changes alike in all frames.
    """
    frames = pixels if pixels.ndim == 4 else pixels[None]
    levels = _levels(frames[(slice(None), *view.part.inside)], view)
    made = np.zeros_like(frames)
    for room_HWC, frame_HWC in zip(made, frames, strict=True):
        part = Image.fromarray(np.ascontiguousarray(frame_HWC[view.part.inside]))
        if (view.part.height, view.part.width) != (view.onto.height, view.onto.width):
            part = part.resize((view.onto.width, view.onto.height), Image.Resampling.BILINEAR)
        room_HWC[view.onto.inside] = levels[np.asarray(part)]
    made = made if pixels.ndim == 4 else made[0]
    return made[..., ::-1, :] if view.is_mirrored else made


def nearest_of(values: NDArray[Any], view: View, *, nothing: int | float) -> NDArray[Any]:
    """This will give a view of one number per pixel, (..., H, W), none of them mixed; `nothing` where nothing is."""
    made = np.full_like(values, nothing)
    made[(..., *view.onto.inside)] = nearest(
        values[(..., *view.part.inside)], view.onto.height, view.onto.width
    )
    return made[..., ::-1] if view.is_mirrored else made


def _place(share: float, down: float, right: float, *, height: int, width: int) -> Place:
    """A part of so large a share of each side, at most all of it, so far down and right."""
    high, wide = (max(1, min(side, round(side * share))) for side in (height, width))
    return Place(round(down * (height - high)), round(right * (width - wide)), high, wide)


def _levels(pixels: Bytes, view: View) -> Bytes:
    """What becomes of each of the 256 values."""
    mean = float(pixels.sum(dtype=np.int64)) / pixels.size
    changed = (np.arange(256) - mean) * view.contrast + mean + 255 * view.brightness
    levels: Bytes = np.rint(changed.clip(0, 255)).astype(np.uint8)
    return levels
