"""Where people looked, as what networks learn from and as what they are measured by.

Shape suffixes: K fixations, H and W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.gaze.density import density, fixated
from mtkd_engine.data.gaze.looks import Gaze

Floats = NDArray[np.float32]
LONGEST_SIDE = 640
"""Pixels of the longer side that metrics are measured at, at the most: that of frames of DHF1K."""


@dataclass(frozen=True)
class Truths:
    """Fixations and maps of a dataset, and the protocol that makes densities of the first."""

    gaze: Gaze
    protocol: str

    def density(self, place: int, frame: int, *, height: int, width: int) -> Floats:
        """This will give the density of one frame, (height, width), which sums to 1; zeros where nobody looked.

        A map that the dataset brings is taken as it is, brought to this size.
        """
        given_HW = self.gaze.map(place, frame)
        if given_HW is None:
            points_K2, whole = self.gaze.fixations(place, frame), self.gaze.frame(place)
            return density(points_K2, whole, height=height, width=width, protocol=self.protocol)
        return to_sum_1(resized_map(given_HW.astype(np.float32), height, width))

    def fixated(self, place: int, frame: int, *, height: int, width: int) -> NDArray[np.bool_]:
        """This will tell where somebody looked at one frame, (height, width)."""
        points_K2 = self.gaze.fixations(place, frame)
        return fixated(points_K2, self.gaze.frame(place), height=height, width=width)

    def full_size(self, place: int) -> tuple[int, int]:
        """This will give the height and width that a sample is measured at: the frame's, shrunk to LONGEST_SIDE."""
        height, width = self.gaze.frame(place)
        scale = min(1.0, LONGEST_SIDE / max(height, width))
        return max(1, round(height * scale)), max(1, round(width * scale))


def to_sum_1(map_HW: Floats) -> Floats:
    """This will divide a map by its sum; zeros stay zeros."""
    total = float(map_HW.sum(dtype=np.float64))
    return map_HW / np.float32(total) if total > 0 else np.zeros_like(map_HW)


def resized_map(map_HW: Floats, height: int, width: int) -> Floats:
    """This will bring a map or a part of one to another size, bilinearly and smoothed where a side shrinks."""
    if map_HW.shape == (height, width):
        return map_HW
    whole = Image.fromarray(np.ascontiguousarray(map_HW, dtype=np.float32))
    return np.asarray(whole.resize((width, height), Image.Resampling.BILINEAR))
