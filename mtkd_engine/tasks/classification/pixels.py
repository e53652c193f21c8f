"""The decoded pixels of a split: all of them where the device is, or batch by batch.

Shape suffixes: N samples, B of a batch, H and W pixels, C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.data.images.dataset import Images
from mtkd_engine.tasks.classification.draws import Whole

LARGEST = 2**30
"""Bytes of pixels up to which a split is kept whole."""
_DECODED_AT_ONCE = 4096


class Pixels:
    """Images of one size, uint8, (H, W, 3) each; decoded when they are first asked for."""

    def __init__(
        self,
        images: Images,
        places: Sequence[int],
        *,
        size: int,
        device: torch.device,
        largest: int = LARGEST,
    ) -> None:
        self._images = images
        self._places = places
        self._size = size
        self._device = device
        self._kept = len(places) * size * size * 3 <= largest
        self._all: Tensor | None = None

    def rows(self, rows_B: Whole, on_device_B: Tensor | None = None) -> Tensor:
        """This will give the images of rows of the split, (B, H, W, 3); `on_device_B` are the same rows, if there."""
        if not self._kept:
            return on_device(self._decoded(rows_B), self._device)
        if on_device_B is None:
            on_device_B = on_device(rows_B, self._device)
        return self._everything().index_select(0, on_device_B)

    def _decoded(self, rows_B: Whole) -> NDArray[np.uint8]:
        return self._images.decoded([self._places[row] for row in rows_B.tolist()], size=self._size)

    def _everything(self) -> Tensor:
        if self._all is None:
            shape = (len(self._places), self._size, self._size, 3)
            with torch.inference_mode(False):
                kept_NHWC = torch.empty(shape, dtype=torch.uint8, device=self._device)
                for start in range(0, shape[0], _DECODED_AT_ONCE):
                    stop = min(start + _DECODED_AT_ONCE, shape[0])
                    part_BHWC = self._decoded(np.arange(start, stop))
                    kept_NHWC[start:stop] = torch.from_numpy(np.require(part_BHWC, requirements=["C", "W"]))
            self._all = kept_NHWC
        return self._all


def on_device(values: NDArray[Any], device: torch.device) -> Tensor:
    """This will copy an array to a device without waiting for it; in host memory it is the array itself."""
    tensor = torch.from_numpy(np.require(values, requirements=["C", "W"]))
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
