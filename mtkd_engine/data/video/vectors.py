"""Motion vectors of decoded frames: as they are coded, per pixel, and on a grid of cells of 8 x 8 pixels.

A vector says where a block was taken from: source - destination, in whole pixels, which is trunc(motion / scale) of the
coded one. Shape suffixes: N vectors, T frames, H and W pixels, R and C rows and columns of cells, 2 for x and y.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from mtkd_engine.data.video.reading import OurStream

CELL = 8
_FARTHEST = 127
Vectors = NDArray[np.void]
"""Structured: source, w, h, src_x, src_y, dst_x, dst_y (centres of blocks), flags, motion_x, motion_y, motion_scale."""


def vectors_of(frame: VideoFrame) -> Vectors | None:
    """This will give the vectors of a frame that was decoded with them, None for an I-frame.

    Compare them field by field: the bytes between the fields are nobody's.
    """
    found = frame.side_data.get("MOTION_VECTORS")
    given: Any = None if found is None else found.to_ndarray()
    return given if given is not None and len(given) else None


def moved(vectors_N: Vectors) -> NDArray[np.int16]:
    """This will give source - destination (N, 2)."""
    x_N = vectors_N["src_x"] - vectors_N["dst_x"]
    return np.stack((x_N, vectors_N["src_y"] - vectors_N["dst_y"]), axis=1)


def dense(vectors_N: Vectors | None, *, height: int, width: int) -> NDArray[np.int16]:
    """This will give the vector of each pixel (H, W, 2), zero where there is none.

    Blocks may have any sizes and may hang over the edges. Vectors from frames to come are left out.
    """
    field_HW2 = np.zeros((height, width, 2), np.int16)
    if vectors_N is None:
        return field_HW2
    past_N = vectors_N[vectors_N["source"] < 0]
    sizes_N = past_N["w"].astype(np.int32) << 8 | past_N["h"]
    for size in np.unique(sizes_N).tolist():
        _put(field_HW2, past_N[sizes_N == size], width=size >> 8, height=size & 255)
    return field_HW2


def _put(field_HW2: NDArray[np.int16], blocks_N: Vectors, *, width: int, height: int) -> None:
    """Blocks of one size, which do not overlap, at once."""
    left_N = blocks_N["dst_x"].astype(np.int32) - width // 2
    top_N = blocks_N["dst_y"].astype(np.int32) - height // 2
    x_N1W = left_N[:, None, None] + np.arange(width)
    y_NH1 = top_N[:, None, None] + np.arange(height)[:, None]
    y_NHW, x_NHW = np.broadcast_arrays(y_NH1, x_N1W)
    inside_NHW = (x_NHW >= 0) & (y_NHW >= 0) & (x_NHW < field_HW2.shape[1]) & (y_NHW < field_HW2.shape[0])
    values_NHW2 = np.broadcast_to(moved(blocks_N)[:, None, None], (*y_NHW.shape, 2))
    field_HW2[y_NHW[inside_NHW], x_NHW[inside_NHW]] = values_NHW2[inside_NHW]


def cells_of(vectors_N: Vectors | None, *, height: int, width: int) -> NDArray[np.int16]:
    """This will give the vectors of a frame of one of our streams on the grid (R, C, 2).

    Blocks there are 16 or 8 pixels wide and lie on the grid.
    """
    rows, columns = -(-height // CELL), -(-width // CELL)
    # a cell more on each side, for blocks of 16 that hang over the edges
    cells_RC2 = np.zeros((rows + 1, columns + 1, 2), np.int16)
    if vectors_N is None:
        return cells_RC2[:rows, :columns]
    by_N2 = moved(vectors_N)
    column_N = (vectors_N["dst_x"] - vectors_N["w"] // 2) // CELL
    row_N = (vectors_N["dst_y"] - vectors_N["h"] // 2) // CELL
    cells_RC2[row_N, column_N] = by_N2
    is_large_N = vectors_N["w"] > CELL
    row_N, column_N, by_N2 = row_N[is_large_N], column_N[is_large_N], by_N2[is_large_N]
    for down, right in ((0, 1), (1, 0), (1, 1)):
        cells_RC2[row_N + down, column_N + right] = by_N2
    return cells_RC2[:rows, :columns]


def spread(cells_RC2: NDArray[np.int16], *, height: int, width: int) -> NDArray[np.int16]:
    """This will give each pixel the vector of its cell (H, W, 2): the same as `dense` for frames of our streams."""
    pairs_RC = np.ascontiguousarray(cells_RC2).view(np.int32)[..., 0]
    pairs_HW = pairs_RC.repeat(CELL, axis=1)[:, :width].repeat(CELL, axis=0)[:height]
    return pairs_HW.view(np.int16).reshape(height, width, 2)


def vector_grid(stream: bytes) -> NDArray[np.int8]:
    """This will give the vectors of all frames of one of our streams on the grid (T, 32, 43, 2), zero on I-frames.

    They are whole pixels; those of our streams reach 127 at most. Raises DataError for no stream of ours.
    """
    with OurStream(stream, vectors=True) as opened:
        height, width = opened.size
        grid_TRC2 = np.zeros((len(opened), -(-height // CELL), -(-width // CELL), 2), np.int8)
        for number, frame in opened.frames(0, len(opened) - 1):
            if (vectors_N := vectors_of(frame)) is not None:
                cells_RC2 = cells_of(vectors_N, height=height, width=width)
                grid_TRC2[number] = cells_RC2.clip(-_FARTHEST, _FARTHEST)
    return grid_TRC2
