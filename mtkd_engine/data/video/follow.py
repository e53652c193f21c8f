"""Motion followed back by whole blocks of our streams: the same as `accumulate.push`, where little moves much faster.

Shape suffixes: H and W pixels, N vectors, M blocks, E blocks that leave the picture, P pixels, S pixels of a side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from mtkd_engine.data.video.accumulate import Places
from mtkd_engine.data.video.vectors import Vectors

_SIDES = (16, 8)
"""Of blocks of our streams."""
_CENTRES = ("dst_x", "dst_y", "src_x", "src_y")
Whole = NDArray[np.int32]
_Write = tuple[NDArray[Any], Any, NDArray[Any]]


def follow(places_HW: Places, vectors_N: Vectors) -> None:
    """This will make S_t of S_{t-1} in its place, given the vectors of frame t: only blocks that moved are touched."""
    is_moving_N = vectors_N["src_x"] != vectors_N["dst_x"]
    is_moving_N |= vectors_N["src_y"] != vectors_N["dst_y"]
    moving = vectors_N[is_moving_N]
    writes: list[_Write] = []  # all is read before anything is written
    for side in _SIDES:
        if (own := np.flatnonzero(moving["w"] == side)).size:
            writes += _moves(places_HW, moving[own], side=side)
    for target, where, values in writes:
        target[where] = values


def _moves(places_HW: Places, blocks: Vectors, *, side: int) -> list[_Write]:
    """Blocks of one size: those that stay inside the picture as they are, the others by their pixels."""
    height, width = places_HW.shape
    x_M, y_M, from_x_M, from_y_M = (blocks[name].astype(np.int32) - side // 2 for name in _CENTRES)
    inside_M = (np.minimum(x_M, from_x_M) >= 0) & (np.maximum(x_M, from_x_M) <= width - side)
    inside_M &= (np.minimum(y_M, from_y_M) >= 0) & (np.maximum(y_M, from_y_M) <= height - side)
    squares = _squares(places_HW, side)
    here, there = (y_M[inside_M], x_M[inside_M]), (from_y_M[inside_M], from_x_M[inside_M])
    writes: list[_Write] = [(squares, here, squares[there])]
    if not inside_M.all():
        corners = (values[~inside_M] for values in (x_M, y_M, from_x_M, from_y_M))
        writes.append(_by_pixels(places_HW, *corners, side=side))
    return writes


def _squares(places_HW: Places, side: int) -> NDArray[np.int32]:
    """A view of every square by its upper left corner, (H - S + 1, W - S + 1, S, S); it can be written to."""
    height, width = places_HW.shape
    assert min(height, width) >= side, places_HW.shape
    shape = (height - side + 1, width - side + 1, side, side)
    return as_strided(places_HW, shape, places_HW.strides * 2)


def _by_pixels(
    places_HW: Places, x_E: Whole, y_E: Whole, from_x_E: Whole, from_y_E: Whole, *, side: int
) -> _Write:
    """Of blocks that hang over an edge, or come from beyond one, the pixels that do neither."""
    height, width = places_HW.shape
    along_S = np.arange(side, dtype=np.int32)
    x_ES, y_ES, from_x_ES, from_y_ES = (first[:, None] + along_S for first in (x_E, y_E, from_x_E, from_y_E))
    across_ES = (np.minimum(x_ES, from_x_ES) >= 0) & (np.maximum(x_ES, from_x_ES) < width)
    down_ES = (np.minimum(y_ES, from_y_ES) >= 0) & (np.maximum(y_ES, from_y_ES) < height)
    whole_ESS = down_ES[:, :, None] & across_ES[:, None]
    to_P = (y_ES[:, :, None] * width + x_ES[:, None])[whole_ESS]
    from_P = (from_y_ES[:, :, None] * width + from_x_ES[:, None])[whole_ESS]
    flat = places_HW.reshape(-1)
    return flat, to_P, flat[from_P]
