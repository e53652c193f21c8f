"""Motion followed back to the I-frame of its group, and what it does not explain (Wu et al., CoViAR, CVPR 2018, 3.2).

S_0 is the identity; S_t[p] = S_{t-1}[p + v_t(p)] where that lies inside the picture, otherwise S_{t-1}[p]. The
accumulated motion is p - S_t[p], and the residual I_t[p] - I_0[S_t[p]], of decoded pixels. Places are kept as
y * W + x. Shape suffixes: H and W pixels, C channels, 2 for x and y.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int32]


@lru_cache(maxsize=4)
def identity(height: int, width: int) -> Places:
    """This will give S_0 (H, W): every pixel is where it was. It cannot be written to."""
    places_HW = np.arange(height * width, dtype=np.int32).reshape(height, width)
    places_HW.flags.writeable = False
    return places_HW


def push(places_HW: Places, field_HW2: NDArray[np.int16]) -> Places:
    """This will give S_t (H, W) of S_{t-1} and the vector of each pixel of frame t."""
    height, width = places_HW.shape
    x_HW, y_HW = _sides(height, width)
    from_x_HW, from_y_HW = x_HW + field_HW2[..., 0], y_HW + field_HW2[..., 1]
    # seen without a sign, what is below zero is beyond every width
    inside_HW = from_x_HW.view(np.uint16) < width
    inside_HW &= from_y_HW.view(np.uint16) < height
    from_HW = from_y_HW.astype(np.int32)
    from_HW *= width
    from_HW += from_x_HW
    if not inside_HW.all():
        np.copyto(from_HW, identity(height, width), where=~inside_HW)
    return places_HW.take(from_HW)


def motion(places_HW: Places) -> NDArray[np.int16]:
    """This will give p - S[p] (H, W, 2); in memory all of x lies before all of y."""
    height, width = places_HW.shape
    x_HW, y_HW = _sides(height, width)
    motion_2HW = np.empty((2, height, width), np.int16)
    from_y_HW = places_HW // width
    np.subtract(x_HW, places_HW - from_y_HW * width, out=motion_2HW[0], casting="unsafe")
    np.subtract(y_HW, from_y_HW, out=motion_2HW[1], casting="unsafe")
    return np.moveaxis(motion_2HW, 0, -1)


def residual(
    picture_HWC: NDArray[np.uint8], first_HWC: NDArray[np.uint8], places_HW: Places
) -> NDArray[np.int16]:
    """This will give I_t[p] - I_0[S[p]] (H, W, C) of decoded pixels."""
    expected_HWC = first_HWC.reshape(-1, first_HWC.shape[-1]).take(places_HW, axis=0)
    return np.subtract(picture_HWC, expected_HWC, dtype=np.int16)


@lru_cache(maxsize=4)
def _sides(height: int, width: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """x (1, W) and y (H, 1), with room for the longest vectors."""
    assert max(height, width) < 2**14, (height, width)
    return np.arange(width, dtype=np.int16)[None], np.arange(height, dtype=np.int16)[:, None]
