"""Pixels taken as they are, none of them mixed: what masks are resized by.

Shape suffixes: H and W pixels; `...` whatever stands before.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

ValueT = TypeVar("ValueT", bound=np.generic)


def nearest(values: NDArray[ValueT], height: int, width: int) -> NDArray[ValueT]:
    """This will give (..., height, width) of (..., H, W): of each new pixel the one that lies under its middle."""
    if values.shape[-2:] == (height, width):
        return values
    rows, columns = _middles(values.shape[-2], height), _middles(values.shape[-1], width)
    return values[..., rows[:, None], columns[None, :]]


def _middles(count: int, wanted: int) -> NDArray[np.int64]:
    return (2 * np.arange(wanted) + 1) * count // (2 * wanted)
