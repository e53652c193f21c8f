"""Affine changes of images about their middle, in whole numbers.

Shape suffixes: M images, H and W pixels, C channels, P pixels one after the other.
"""

from __future__ import annotations

import torch
from torch import Tensor

OUTSIDE = 128
_BITS = 16
_ONE = 1 << _BITS


def warped(
    images_MHWC: Tensor,
    sign_M: Tensor,
    *,
    matrix: tuple[float, float] = (1.0, 1.0),
    across: tuple[float, float] = (0.0, 0.0),
    shift: tuple[int, int] = (0, 0),
) -> Tensor:
    """This will take for each pixel (x, y), seen from the middle, the nearest one to (a x + b y + s, c x + d y + t).

    `matrix` is (a, d), `across` is (b, c), `shift` is (s, t) in pixels; `across` and `shift` get the sign of each
    image. What lies outside of the image is grey.
    """
    count, height, width, channels = images_MHWC.shape
    device = images_MHWC.device
    # Coordinates are twice those of pixels, so that the middle of an even number of pixels is a whole number; in
    # 32 bits they reach to 8,000 pixels a side.
    y_H1 = (2 * torch.arange(height, dtype=torch.int32, device=device) - (height - 1)).unsqueeze(1)
    x_W = 2 * torch.arange(width, dtype=torch.int32, device=device) - (width - 1)
    sign_M11 = sign_M.to(torch.int32).view(-1, 1, 1)
    a, d, b, c = (round(value * _ONE) for value in (*matrix, *across))
    left, top = (2 * pixels * _ONE for pixels in shift)
    # Whatever is the same along a row or a column is summed up before the sum over all pixels.
    column_MHW = ((a * x_W + width * _ONE) + sign_M11 * (b * y_H1 + left)) >> (_BITS + 1)
    row_MHW = ((d * y_H1 + height * _ONE) + sign_M11 * (c * x_W + top)) >> (_BITS + 1)
    near_column_MHW, near_row_MHW = column_MHW.clamp(0, width - 1), row_MHW.clamp(0, height - 1)
    outside_MHW = (near_column_MHW != column_MHW) | (near_row_MHW != row_MHW)
    first_M11 = (height * width) * torch.arange(count, dtype=torch.int32, device=device).view(-1, 1, 1)
    place_MHW = near_row_MHW * width + near_column_MHW + first_M11
    taken_PC = images_MHWC.reshape(-1, channels).index_select(0, place_MHW.flatten())
    return taken_PC.view_as(images_MHWC).masked_fill_(outside_MHW.unsqueeze(3), OUTSIDE)
