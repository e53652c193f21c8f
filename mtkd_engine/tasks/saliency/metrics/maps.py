"""Maps brought to a scale, in 64 bits.

Shape suffixes: B maps, H and W pixels, N pixels of a map.
"""

from __future__ import annotations

import torch
from torch import Tensor

NOT_DEFINED = float("nan")


def flat(maps_BHW: Tensor) -> Tensor:
    """This will give maps as rows of float64, (B, N)."""
    assert maps_BHW.ndim == 3, f"(B, H, W) is expected, given {tuple(maps_BHW.shape)}"
    return maps_BHW.reshape(len(maps_BHW), -1).double()


def from_0_to_1(values_BN: Tensor) -> Tensor:
    """This will stretch each row to 0..1; zeros where it is the same everywhere."""
    least_B1, most_B1 = values_BN.min(1, keepdim=True).values, values_BN.max(1, keepdim=True).values
    return (values_BN - least_B1) / torch.where(most_B1 > least_B1, most_B1 - least_B1, 1.0)


def to_sum_1(values_BN: Tensor) -> Tensor:
    """This will divide each row by its sum; the same share for every pixel where that is 0."""
    sum_B1 = values_BN.sum(1, keepdim=True)
    is_some_B1 = sum_B1 != 0
    return torch.where(is_some_B1, values_BN / torch.where(is_some_B1, sum_B1, 1.0), 1.0 / values_BN.shape[1])


def defined(values_B: Tensor, where_B: Tensor) -> Tensor:
    """This will give the numbers, NaN where they are not defined."""
    return values_B.masked_fill(~where_B, NOT_DEFINED)
