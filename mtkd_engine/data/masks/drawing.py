"""Pictures of the generated world of masks: coloured shapes on a ground, each of a class, with void along their edges.

Shape suffixes: H and W pixels, C channels (3), S shapes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.masks.dataset import VOID

CLASSES = ("ground", "disc", "square", "diamond", "bar")
COLOURS = ((70, 70, 70), (200, 60, 50), (60, 160, 70), (60, 90, 200), (210, 180, 60))
"""What each class is usually painted in."""
_MOST_SHAPES = 3
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """A picture, (H, W, 3), and the class of each pixel, (H, W)."""

    picture: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def draw(*, size: int, classes: int, difficulty: float, random: np.random.Generator) -> Drawn:
    """This will paint one to three shapes; the harder, the more noise, and the oftener another class's colour."""
    mask_HW = np.zeros((size, size), np.uint8)
    paint_HWC = np.full((size, size, 3), COLOURS[0], np.float64)
    kinds_S = random.permutation(np.arange(1, classes))[: random.integers(1, _MOST_SHAPES + 1)]
    axis = np.arange(size) + 0.5
    for kind in kinds_S.tolist():
        across, down = random.uniform(0.2 * size, 0.8 * size, 2)
        radius = random.uniform(0.18, 0.3) * size
        inside_HW = _inside(kind, (axis[None, :] - across) / radius, (axis[:, None] - down) / radius)
        shown = kind if random.random() > 0.5 * difficulty else int(random.integers(1, classes))
        mask_HW[inside_HW] = kind
        paint_HWC[inside_HW] = np.array(COLOURS[shown]) + random.normal(0, 12, 3)
    noise_HWC = random.normal(0, 6 + 40 * difficulty, paint_HWC.shape)
    picture_HWC = np.rint(paint_HWC + noise_HWC).clip(0, 255).astype(np.uint8)
    mask_HW[_edges(mask_HW)] = VOID
    return Drawn(picture_HWC, mask_HW)


def _inside(kind: int, x_1W: Floats, y_H1: Floats) -> NDArray[np.bool_]:
    inside: tuple[NDArray[np.bool_], ...] = (
        np.hypot(x_1W, y_H1) < 1,
        np.maximum(abs(x_1W), abs(y_H1)) < 0.85,
        abs(x_1W) + abs(y_H1) < 1.15,
        (abs(x_1W) < 1.3) & (abs(y_H1) < 0.5),
    )
    return inside[kind - 1]


def _edges(mask_HW: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels whose right or lower neighbour is of another class."""
    edges_HW = np.zeros(mask_HW.shape, np.bool_)
    edges_HW[:, :-1] |= mask_HW[:, :-1] != mask_HW[:, 1:]
    edges_HW[:-1] |= mask_HW[:-1] != mask_HW[1:]
    return edges_HW
