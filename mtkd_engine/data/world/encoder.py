"""The fixed small encoder: what a frozen backbone would be for real videos.

Pixels are sorted by colour; each colour gives place, size, compactness and how these change from frame
to frame; a coarse grid gives where anything changes. A fixed rotation then mixes all of it, so that
no single column means anything by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.world.script import FRAMES_PER_ROW

Floats = NDArray[np.float32]
WIDTH = 64
_GRID = 4
_PRESENT = 6.0
"""Pixels of a colour below which it counts as out of sight."""
_BLOCK = 16
"""Frames looked at together: few enough to stay in the processor's cache."""


class _Sums(NamedTuple):
    """Of one colour in each frame: its amount by row and by column, and how much of it changed."""

    by_row: Floats
    by_column: Floats
    moved: Floats


def encode(frames: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Turn RGB frames (T, H, W, 3) into features (T / FRAMES_PER_ROW, WIDTH)."""
    led = np.concatenate([frames[:1], frames])  # each frame has one before it; the first has itself
    parts = [_look(led[at : at + _BLOCK + 1]) for at in range(0, len(frames), _BLOCK)]
    by_colour = zip(*(colours for colours, _ in parts), strict=True)
    described = [_describe(_Sums(*map(np.concatenate, zip(*several, strict=True)))) for several in by_colour]
    raw = np.concatenate([*described, np.concatenate([cells for _, cells in parts])], axis=1)
    rows = raw[: len(raw) // FRAMES_PER_ROW * FRAMES_PER_ROW].reshape(-1, FRAMES_PER_ROW, raw.shape[1])
    return _mix(rows.mean(axis=1)).astype(np.float16)


def _look(frames: NDArray[np.uint8]) -> tuple[list[_Sums], Floats]:
    """Sum up the pixels of all frames but the first: by colour, and the changes on the grid."""
    planes = np.ascontiguousarray(np.moveaxis(frames, -1, 0), dtype=np.int16)
    seen = []
    for amount in _by_colour(planes):
        change = amount[1:] - amount[:-1]
        moved = np.abs(change, out=change).sum(axis=(1, 2))
        seen.append(_Sums(amount[1:].sum(axis=2), amount[1:].sum(axis=1), moved))
    return seen, _changes_on_grid(planes)


def _by_colour(planes: NDArray[np.int16]) -> Iterator[Floats]:
    """Say how red, green, blue and yellow each pixel is: four times (T, H, W) in 0..1."""
    red, green, blue = planes
    least = np.minimum(red, green)
    most = np.maximum(red, green)
    yield _share(red - np.maximum(green, blue))
    yield _share(green - np.maximum(red, blue))
    yield _share(blue - most)
    yield _share(least - blue - (most - least))


def _share(score: NDArray[np.int16]) -> Floats:
    score -= 20
    np.maximum(score, 0, out=score)
    np.minimum(score, 100, out=score)
    share = score.astype(np.float32)
    share /= 100
    return share


def _describe(sums: _Sums) -> Floats:
    """Describe one colour by twelve numbers of order one in each frame: (T, 12)."""
    by_row, by_column = sums.by_row, sums.by_column
    height, width = by_row.shape[1], by_column.shape[1]
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
    moved = sums.moved / 60
    numbers = (
        seen, mass / 100, 2 * (compact - 0.75 * seen), angle.real, angle.imag, 1.5 * y,
        5 * dx, 5 * np.abs(dx), 12 * np.abs(dy), 8 * dmass, 3 * np.abs(dmass), moved,
    )  # fmt: skip
    return np.stack(numbers, axis=1).astype(np.float32)


def _changes_on_grid(planes: NDArray[np.int16]) -> Floats:
    light = planes[0] + planes[1]
    light += planes[2]
    change = light[1:] - light[:-1]
    np.abs(change, out=change)
    change -= 36
    np.maximum(change, 0, out=change)
    count, height, width = change.shape
    cells = change.reshape(count, _GRID, height // _GRID, _GRID, width // _GRID)
    # Whole numbers add to the same sum in any order, and rows of pixels faster than squares of them.
    sums = cells.sum(axis=2, dtype=np.int32).sum(axis=3)
    by_cell: Floats = sums.reshape(count, _GRID * _GRID).astype(np.float32)
    by_cell /= height // _GRID * (width // _GRID)
    by_cell /= 15
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
