"""A split of pictures with masks as batches.

Shape suffixes: B samples of a batch, H and W pixels, C channels (3).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.data.masks.dataset import VOID, MaskDataset
from mtkd_engine.spec.dense.views import DenseAugmentSpec
from mtkd_engine.spec.segmentation.data import MaskDataSpec
from mtkd_engine.tasks.classification.draws import Whole
from mtkd_engine.tasks.classification.pixels import on_device
from mtkd_engine.tasks.dense.splits import DenseSplit
from mtkd_engine.tasks.dense.views import Bytes, View, nearest_of


class MaskSplit(DenseSplit):
    """Pictures (B, 3, H, W) and the class of each pixel, (B, H, W)."""

    def __init__(
        self,
        dataset: MaskDataset,
        name: str,
        *,
        height: int,
        width: int,
        augment: DenseAugmentSpec | None = None,
        device: torch.device | str = "cpu",
        samples: int | None = None,
        evaluation_batch: int | None = None,
    ) -> None:
        """This will hold a split of the dataset, or its first `samples`."""
        super().__init__(
            dataset.splits[name][:samples],
            name=name,
            height=height,
            width=width,
            augment=augment,
            device=device,
            evaluation_batch=evaluation_batch,
        )
        self.classes = dataset.classes
        self._images, self._masks = dataset.images, dataset.masks
        self._places: Whole = np.array([sample.place for sample in self.samples], np.int64)

    def full_truth(self, row: int) -> Tensor:
        """This will give the mask of one row at its own size, uint8 (H, W): what metrics are measured at."""
        return on_device(self._masks.at(int(self._places[row])), self.device)

    def _seen(self, rows_B: Whole) -> Bytes:
        return self._images.several(self._places[rows_B], self.height, self.width)

    def _truth(self, rows_B: Whole) -> NDArray[Any]:
        return self._masks.several(self._places[rows_B], self.height, self.width)

    def _truth_of(self, truth: NDArray[Any], view: View) -> NDArray[Any]:
        return nearest_of(truth, view, nothing=VOID)


def mask_splits(
    data: MaskDataSpec, *, dataset: MaskDataset, device: torch.device | str
) -> dict[str, MaskSplit]:
    """This will give the splits of a job, train in augmented views."""
    return {
        name: MaskSplit(
            dataset,
            name,
            height=data.height,
            width=data.width,
            augment=data.augment if name == "train" else None,
            device=device,
        )
        for name in dataset.splits
    }
