"""The fixed small encoder: what a frozen backbone would be for real videos.

Pixels are sorted by colour; each colour gives place, size, compactness and how these change from frame
to frame; a coarse grid gives where anything changes. A fixed rotation then mixes all of it, so that
no single column means anything by itself.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.world.script import FRAMES_PER_ROW

Floats = NDArray[np.float32]
WIDTH = 64
_GRID = 4
_PRESENT = 6.0
"""Pixels of a colour below which it counts as out of sight."""


def encode(frames: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Turn RGB frames (T, H, W, 3) into features (T / FRAMES_PER_ROW, WIDTH)."""
    planes = np.ascontiguousarray(np.moveaxis(frames, -1, 0), dtype=np.int16)
    described = [_describe(amount) for amount in _by_colour(planes)]
    raw = np.concatenate([*described, _changes_on_grid(planes)], axis=1)
    rows = raw[: len(raw) // FRAMES_PER_ROW * FRAMES_PER_ROW].reshape(-1, FRAMES_PER_ROW, raw.shape[1])
    return _mix(rows.mean(axis=1)).astype(np.float16)


def _by_colour(planes: NDArray[np.int16]) -> list[Floats]:
    """Say how red, green, blue and yellow each pixel is: four times (T, H, W) in 0..1."""
    red, green, blue = planes
    scores = (
        red - np.maximum(green, blue),
        green - np.maximum(red, blue),
        blue - np.maximum(red, green),
        np.minimum(red, green) - blue - np.abs(red - green),
    )
    return [np.clip(score - 20, 0, 100).astype(np.float32) / 100 for score in scores]


def _describe(amount: Floats) -> Floats:
    """Describe one colour by twelve numbers of order one in each frame: (T, H, W) to (T, 12)."""
    _, height, width = amount.shape
    by_row, by_column = amount.sum(axis=2), amount.sum(axis=1)
    mass = by_row.sum(axis=1)
    seen = (mass > _PRESENT).astype(np.float32)
    weight = seen / np.maximum(mass, _PRESENT)
    # Columns are taken as angles: whatever leaves on one side comes back on the other.
    turn = np.exp(2j * np.pi * np.arange(width) / width)
    # einsum adds in one fixed order; a product of matrices would depend on the number of threads
    angle = np.einsum("tw,w->t", by_column, turn) * weight
    y = np.einsum("th,h->t", by_row, np.linspace(-1, 1, height)) * weight
    compact = mass * weight * mass / np.maximum(by_row.max(axis=1) * by_column.max(axis=1), 1)
    both = seen * _previous(seen)
    dx = np.angle(angle * np.conj(_previous(angle)) + 1e-12) * both
    dy = (y - _previous(y)) * both
    dmass = (mass - _previous(mass)) / 100
    moved = np.abs(amount - _previous(amount)).sum(axis=(1, 2)) / 60
    numbers = (
        seen, mass / 100, 2 * (compact - 0.75 * seen), angle.real, angle.imag, 1.5 * y,
        5 * dx, 5 * np.abs(dx), 12 * np.abs(dy), 8 * dmass, 3 * np.abs(dmass), moved,
    )  # fmt: skip
    return np.stack(numbers, axis=1).astype(np.float32)


def _changes_on_grid(planes: NDArray[np.int16]) -> Floats:
    light = planes.sum(axis=0, dtype=np.int16)
    change = np.maximum(np.abs(light - _previous(light)) - 36, 0)
    count, height, width = change.shape
    cells = change.reshape(count, _GRID, height // _GRID, _GRID, width // _GRID)
    by_cell: Floats = cells.mean(axis=(2, 4), dtype=np.float32).reshape(count, _GRID * _GRID) / 15
    return by_cell


def _previous(values: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([values[:1], values[:-1]])


def _mix(rows: Floats) -> Floats:
    """Rotate by a fixed product of reflections (distances stay, nothing is decomposed) and double."""
    rng = np.random.default_rng(64)
    mixed = rows.astype(np.float64)
    for _ in range(8):
        normal = rng.standard_normal(WIDTH)
        normal /= np.sqrt((normal * normal).sum())
        mixed = mixed - 2 * (mixed * normal).sum(axis=1, keepdims=True) * normal
    return (2 * mixed).astype(np.float32)
