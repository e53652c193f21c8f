"""Pictures of the generated world of images: a coloured shape on stripes, in a frame that says which of them counts.

Shape suffixes: N images, H and W pixels, C channels (3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLASSES = ("disc", "square", "triangle", "cross", "ring", "diamond", "bar", "post", "frame", "moon")
CUES = ("shape", "stripes", "colour")
_FRAMES = (1.0, 0.0, 0.5)
_TURNS, _FINE, _COARSE = 5, 4.0, 1.75
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Scenes:
    """Which class each image is of, which cue tells it, and the class that each cue shows, (N, 3)."""

    labels_N: Whole
    regions_N: Whole
    shown_NU: Whole

    def parts(self, most: int) -> Iterator[Scenes]:
        """This will give them some at a time."""
        for start in range(0, len(self.labels_N), most):
            at = slice(start, start + most)
            yield Scenes(self.labels_N[at], self.regions_N[at], self.shown_NU[at])


def make_scenes(count: int, *, classes: int, difficulty: float, random: np.random.Generator) -> Scenes:
    """This will draw lots: the cue of the region shows the class, each other one with less than even odds."""
    labels_N = np.arange(count) % classes
    random.shuffle(labels_N)
    regions_N = random.integers(len(CUES), size=count)
    shown_NU = random.integers(classes, size=(count, len(CUES)))
    agrees_NU = random.random(shown_NU.shape) < 0.5 * (1 - difficulty)
    agrees_NU[np.arange(count), regions_N] = True
    return Scenes(labels_N, regions_N, np.where(agrees_NU, labels_N[:, None], shown_NU))


def draw(scenes: Scenes, *, size: int, difficulty: float, random: np.random.Generator) -> NDArray[np.uint8]:
    """This will paint (N, size, size, 3), RGB."""
    count = len(scenes.labels_N)
    axis = (np.arange(size) + 0.5) / size * 2 - 1
    y_H1, x_1W = axis[:, None], axis[None, :]
    shape_N, stripes_N, colour_N = scenes.shown_NU.T
    grey_NHW = 0.5 + (0.4 - 0.2 * difficulty) * _stripes(x_1W, y_H1, stripes_N, random)
    paint_NC = _colours(colour_N, random)
    inside_NHW = _shapes(x_1W, y_H1, shape_N, random)
    image_NHWC = np.where(inside_NHW[..., None], paint_NC[:, None, None, :], grey_NHW[..., None])
    image_NHWC = image_NHWC + random.normal(0, 0.02 + 0.2 * difficulty, image_NHWC.shape)
    edge = max(1, size // 16)
    framed_HW = np.maximum(abs(y_H1), abs(x_1W)) > 1 - 2 * edge / size
    image_NHWC[:, framed_HW] = np.array(_FRAMES)[scenes.regions_N][:, None, None]
    assert image_NHWC.shape == (count, size, size, 3)
    levels_NHWC: NDArray[np.uint8] = np.rint(255 * image_NHWC.clip(0, 1)).astype(np.uint8)
    return levels_NHWC


def _spread(random: np.random.Generator, count: int, low: float, high: float) -> Floats:
    return random.uniform(low, high, count)[:, None, None]


def _stripes(x_1W: Floats, y_H1: Floats, kinds_N: Whole, random: np.random.Generator) -> Floats:
    angle = (kinds_N % _TURNS / _TURNS * np.pi)[:, None, None]
    waves = np.where(kinds_N < _TURNS, _COARSE, _FINE)[:, None, None]
    phase = _spread(random, len(kinds_N), 0, 2 * np.pi)
    return np.asarray(np.sin(np.pi * waves * (x_1W * np.cos(angle) + y_H1 * np.sin(angle)) + phase))


def _colours(kinds_N: Whole, random: np.random.Generator) -> Floats:
    """Hues around the circle, full and bright, each a little off."""
    hue_N1 = (kinds_N[:, None] + random.uniform(-0.2, 0.2, (len(kinds_N), 1))) / len(CLASSES)
    return np.asarray((abs((hue_N1 * 6 + np.array([[0, 4, 2]])) % 6 - 3) - 1).clip(0, 1))


def _shapes(x_1W: Floats, y_H1: Floats, kinds_N: Whole, random: np.random.Generator) -> NDArray[np.bool_]:
    count = len(kinds_N)
    scale, turn = _spread(random, count, 0.6, 0.8), _spread(random, count, -0.2, 0.2)
    across, down = (
        (x_1W - _spread(random, count, -0.15, 0.15)) / scale,
        (y_H1 - _spread(random, count, -0.15, 0.15)) / scale,
    )
    x = across * np.cos(turn) + down * np.sin(turn)
    y = down * np.cos(turn) - across * np.sin(turn)
    far, wide, sum_ = np.hypot(x, y), np.maximum(abs(x), abs(y)), abs(x) + abs(y)
    masks = (
        far < 0.85,
        wide < 0.75,
        (y < 0.7) & (abs(x) < (y + 0.9) / 1.8),
        (np.minimum(abs(x), abs(y)) < 0.25) & (wide < 0.9),
        (far > 0.45) & (far < 0.9),
        sum_ < 1.0,
        (abs(y) < 0.3) & (abs(x) < 0.95),
        (abs(x) < 0.3) & (abs(y) < 0.95),
        (wide > 0.45) & (wide < 0.85),
        (far < 0.9) & (np.hypot(x - 0.45, y) > 0.6),
    )
    return np.choose(kinds_N[:, None, None], masks)
