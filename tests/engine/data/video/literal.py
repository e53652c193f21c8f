"""The definitions once more, pixel by pixel as they are written: slow, and with nothing in common with the others.

After Wu et al., "Compressed Video Action Recognition" (CoViAR), CVPR 2018, 3.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Place = tuple[int, int]


def vector_of_each_pixel(vectors: Any, *, height: int, width: int) -> list[list[Place]]:
    """(y, x) to (v_x, v_y): a vector belongs to all pixels of its block, whose centre is the destination."""
    field: list[list[Place]] = [[(0, 0)] * width for _ in range(height)]
    for vector in vectors if vectors is not None else ():
        if vector["source"] > 0:
            continue
        left, top = int(vector["dst_x"]) - int(vector["w"]) // 2, int(vector["dst_y"]) - int(vector["h"]) // 2
        by = (int(vector["src_x"]) - int(vector["dst_x"]), int(vector["src_y"]) - int(vector["dst_y"]))
        for y in range(max(0, top), min(height, top + int(vector["h"]))):
            for x in range(max(0, left), min(width, left + int(vector["w"]))):
                field[y][x] = by
    return field


def followed(before: list[list[Place]], field: list[list[Place]]) -> list[list[Place]]:
    """S_t of S_{t-1}, both (y, x) to (x, y): where in the I-frame a pixel comes from."""
    height, width = len(before), len(before[0])
    after = [list(row) for row in before]
    for y in range(height):
        for x in range(width):
            v_x, v_y = field[y][x]
            if (v_x, v_y) != (0, 0) and 0 <= x + v_x < width and 0 <= y + v_y < height:
                after[y][x] = before[y + v_y][x + v_x]
    return after


def unmoved(height: int, width: int) -> list[list[Place]]:
    """S_0."""
    return [[(x, y) for x in range(width)] for y in range(height)]


def motion_of(places: list[list[Place]]) -> NDArray[np.int64]:
    """p - S[p], (H, W, 2)."""
    return np.array(
        [[(x - s_x, y - s_y) for x, (s_x, s_y) in enumerate(row)] for y, row in enumerate(places)]
    )


def residual_of(picture: NDArray[np.uint8], first: NDArray[np.uint8], places: list[list[Place]]) -> Any:
    """I_t[p] - I_0[S[p]], (H, W, 3)."""
    now, then = picture.tolist(), first.tolist()
    return np.array(
        [
            [
                [a - b for a, b in zip(now[y][x], then[s_y][s_x], strict=True)]
                for x, (s_x, s_y) in enumerate(row)
            ]
            for y, row in enumerate(places)
        ]
    )
