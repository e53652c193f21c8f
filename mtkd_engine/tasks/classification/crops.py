"""Where a view of a clip is cut out of its frames, and whether it is mirrored: the same for all frames.

Shape suffixes: B clips, T frames or segments, H and W pixels, C channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.spec.classification.views import ClipAugmentSpec
from mtkd_engine.tasks.classification.draws import Hashes, below

SIDES = 4
"""Sizes that a crop may have (the multi-scale crops of TSN have as many)."""
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Crop:
    """A square of a frame in pixels from its upper left corner, and whether it is mirrored left to right."""

    left: int
    top: int
    side: int
    mirrored: bool = False


def middle(width: int, height: int) -> Crop:
    """This will give the square in the middle."""
    side = min(width, height)
    return Crop((width - side) // 2, (height - side) // 2, side)


def fixed_crops(count: int, *, width: int, height: int, share: float) -> list[Crop]:
    """This will give the middle, with 5 also the corners, with 10 all of them mirrored as well.

    With more than one, squares have `share` of the height.
    """
    if count == 1:
        return [middle(width, height)]
    side = round(share * min(width, height))
    right, bottom = width - side, height - side
    places = [(right // 2, bottom // 2), (0, 0), (right, 0), (0, bottom), (right, bottom)]
    crops = [Crop(left, top, side) for left, top in places]
    return crops if count == 5 else crops + [Crop(c.left, c.top, c.side, mirrored=True) for c in crops]


def drawn_crops(keys_B: Hashes, view: int, spec: ClipAugmentSpec, *, width: int, height: int) -> list[Crop]:
    """This will draw a crop for each clip: one of four sides, anywhere in the frame, half of them mirrored."""
    full = min(width, height)
    shares = np.linspace(spec.smallest_crop, 1.0, SIDES)
    sides_B = np.rint(full * shares[below(SIDES, keys_B, view, "side")]).astype(np.int64)
    flips_B = below(2, keys_B, view, "flip") if spec.flip else np.zeros(len(keys_B), np.int64)
    # Whole numbers of so many steps: sides differ from clip to clip.
    steps = 2**20
    across_B, down_B = (below(steps, keys_B, view, purpose) for purpose in ("right", "down"))
    return [
        Crop(
            int(across * (width - side + 1) // steps),
            int(down * (height - side + 1) // steps),
            int(side),
            bool(flip),
        )
        for across, down, side, flip in zip(across_B, down_B, sides_B, flips_B, strict=True)
    ]


def cut(frames_THWC: Bytes, crop: Crop, *, size: int) -> Bytes:
    """This will cut a crop out of frames of 1 to 3 channels and resize it, (T, size, size, C)."""
    box = (crop.left, crop.top, crop.left + crop.side, crop.top + crop.side)
    channels = frames_THWC.shape[3]
    cut_THWC = np.empty((len(frames_THWC), size, size, channels), np.uint8)
    for room_HWC, frame_HWC in zip(cut_THWC, frames_THWC, strict=True):
        if channels == 3:
            image = Image.fromarray(np.ascontiguousarray(frame_HWC))
            room_HWC[:] = np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box=box))
            continue
        for channel in range(channels):
            plane = Image.fromarray(np.ascontiguousarray(frame_HWC[:, :, channel]))
            room_HWC[:, :, channel] = np.asarray(
                plane.resize((size, size), Image.Resampling.BILINEAR, box=box)
            )
    return np.ascontiguousarray(cut_THWC[:, :, ::-1]) if crop.mirrored else cut_THWC
