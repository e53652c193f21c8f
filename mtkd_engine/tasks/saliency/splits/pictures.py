"""A split of pictures that people looked at, as batches.

Shape suffixes: B samples of a batch, H and W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.data.gaze.dataset import GazeDataset
from mtkd_engine.spec.dense.views import DenseAugmentSpec
from mtkd_engine.tasks.classification.draws import Whole
from mtkd_engine.tasks.dense.views import Bytes
from mtkd_engine.tasks.saliency.splits.base import LookedAtSplit, Shown
from mtkd_engine.tasks.saliency.truth import Truths


class GazeSplit(LookedAtSplit):
    """Pictures (B, 3, H, W) and the density of where people looked, (B, H, W)."""

    def __init__(
        self,
        dataset: GazeDataset,
        name: str,
        *,
        height: int,
        width: int,
        protocol: str,
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
        self.truths = Truths(dataset.gaze, protocol)
        self._images, self._all = dataset.images, dataset.splits
        self._places: Whole = np.array([sample.place for sample in self.samples], np.int64)

    def shown(self) -> list[Shown]:
        """This will give every picture as its only frame."""
        return _shown(self.samples)

    def _pool(self) -> list[Shown]:
        return [one for samples in self._all.values() for one in _shown(samples)]

    def _seen(self, rows_B: Whole) -> Bytes:
        return self._images.several(self._places[rows_B], self.height, self.width)

    def _truth(self, rows_B: Whole) -> NDArray[Any]:
        places = self._places[rows_B].tolist()
        size = {"height": self.height, "width": self.width}
        return np.stack([self.truths.density(place, 0, **size) for place in places])


def _shown(samples: Sequence[DenseSample]) -> list[Shown]:
    return [Shown(sample.place, 0, sample.source_id, sample.sample_id) for sample in samples]
