"""Predictions, densities and fixated pixels from a seed, and what others measured on them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

HEIGHT, WIDTH = 120, 160
Map = NDArray[np.float64]

CASES: dict[str, tuple[int, int, float, int]] = {
    "few": (1, 4, 0.0, 0),
    "many": (2, 400, 0.0, 0),
    "floor": (3, 40, 0.6, 0),
    "one": (4, 1, 0.0, 0),
    "half": (5, 9000, 0.2, 0),
    "ties": (6, 60, 0.0, 255),
    "coarse": (7, 30, 0.1, 8),
}
"""Seed, fixated pixels, the least value of the prediction, and how many values it has (0: any)."""


def made(seed: int, fixations: int, floor: float, levels: int) -> tuple[Map, Map, NDArray[np.bool_]]:
    """This will make a prediction, a density and where somebody looked, each (120, 160)."""
    random = np.random.default_rng(seed)
    truth = _blobs(random, 3, 12)
    said = 0.7 * truth + 0.5 * _blobs(random, 3, 20) + 0.02 * random.random((HEIGHT, WIDTH))
    said = floor + (1 - floor) * said / said.max()
    if levels:
        said = np.round(said * levels) / levels
    chosen = random.choice(HEIGHT * WIDTH, size=fixations, replace=False, p=truth.ravel() / truth.sum())
    fixated = np.zeros(HEIGHT * WIDTH, np.bool_)
    fixated[chosen] = True
    return said, truth, fixated.reshape(HEIGHT, WIDTH)


def tensors(*names: str) -> tuple[Tensor, Tensor, Tensor]:
    """This will give predictions, densities and fixated pixels of cases as batches."""
    said, truth, fixated = zip(*(made(*CASES[name]) for name in names), strict=True)
    return tuple(torch.from_numpy(np.stack(maps)) for maps in (said, truth, fixated))  # type: ignore[return-value]


def _blobs(random: np.random.Generator, count: int, sigma: float) -> Map:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    drawn = np.zeros((HEIGHT, WIDTH))
    for _ in range(count):
        row, column = random.uniform(0, HEIGHT), random.uniform(0, WIDTH)
        far = (rows - row) ** 2 + (columns - column) ** 2
        drawn += random.uniform(0.3, 1) * np.exp(-far / (2 * sigma**2))
    return drawn / drawn.max()
