"""A split of dense samples as batches, each epoch another view of them.

Shape suffixes: B samples of a batch, H and W pixels, C channels (3); `...` frames of videos, where there are any.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.spec.dense.views import DenseAugmentSpec
from mtkd_engine.tasks.ahead import in_turn
from mtkd_engine.tasks.classification.draws import Hashes, Whole, keys_of
from mtkd_engine.tasks.classification.pixels import on_device
from mtkd_engine.tasks.dense.batches import CLEAN, DenseBatch
from mtkd_engine.tasks.dense.views import Bytes, View, drawn_views, picture_of

EVALUATED_AT_ONCE = 2**20
"""Pixels of a batch of evaluation, about."""


class DenseSplit(ABC):
    """The samples of a split, clean or varied; every participant gets the same inputs.

    View v of a sample is a function of (seed, sample id, v) alone. Tasks say what a sample is seen as and what its
    truth is. Nothing is read back from the device.
    """

    ahead = True
    """Whether it pays to let a thread make its batches before they are wanted: views are made on the host."""

    def __init__(
        self,
        samples: Sequence[DenseSample],
        *,
        name: str,
        height: int,
        width: int,
        augment: DenseAugmentSpec | None,
        device: torch.device | str = "cpu",
        evaluation_batch: int | None = None,
    ) -> None:
        """This will hold samples that are brought to (height, width); without `augment` all views are clean."""
        self.samples = tuple(samples)
        self.name = name
        self.height, self.width = height, width
        self.augment = augment
        self.device = torch.device(device)
        self.evaluation_batch = evaluation_batch or max(1, EVALUATED_AT_ONCE // (height * width))
        self._keys: Hashes | None = None

    @abstractmethod
    def _seen(self, rows_B: Whole) -> Bytes:
        """What is seen of these rows as they are: (B, H, W, 3), or of videos (B, T, H, W, 3)."""

    @abstractmethod
    def _truth(self, rows_B: Whole) -> NDArray[Any]:
        """The truth of these rows as they are: (B, H, W), or of videos (B, T, H, W)."""

    @abstractmethod
    def _truth_of(self, truth: NDArray[Any], view: View) -> NDArray[Any]:
        """The truth of one sample, (H, W) or (T, H, W), as a view of it has it."""

    def __len__(self) -> int:
        return len(self.samples)

    def batch(self, indices: Sequence[int], *, epoch: int = 0) -> DenseBatch:
        """This will give the samples at these positions as they are seen in an epoch, counted from 0."""
        view = CLEAN if self.augment is None else epoch % self.augment.views
        return self.at_view(view, indices)

    def in_order(self, *, size: int | None = None) -> Iterator[DenseBatch]:
        """This will yield all samples in clean batches, first to last."""
        step = size or self.evaluation_batch
        parts = (range(start, min(start + step, len(self))) for start in range(0, len(self), step))
        return in_turn(lambda part: self.at_view(CLEAN, part), parts, ahead=self.ahead)

    def at_view(self, view: int, indices: Sequence[int]) -> DenseBatch:
        """This will give one view of the samples at these positions; CLEAN is the sample as it is."""
        rows_B = np.asarray(indices, np.int64)
        seen, truth = self._seen(rows_B), self._truth(rows_B)
        if view != CLEAN:
            assert self.augment is not None, "a split without augmentation has clean views only"
            views = drawn_views(
                self._keys_N[rows_B], view, self.augment, height=self.height, width=self.width
            )
            seen = np.stack([picture_of(pixels, one) for pixels, one in zip(seen, views, strict=True)])
            truth = np.stack([self._truth_of(told, one) for told, one in zip(truth, views, strict=True)])
        return DenseBatch(
            on_device(np.moveaxis(seen, -1, -3), self.device),
            on_device(truth, self.device),
            torch.from_numpy(rows_B),
            torch.full((len(rows_B),), view, dtype=torch.int64),
            tuple(self.samples[row] for row in indices),
            self.name,
        )

    @property
    def _keys_N(self) -> Hashes:
        """Made when they are first asked for: clean splits need none."""
        if self._keys is None:
            assert self.augment is not None
            ids = [sample.sample_id for sample in self.samples]
            self._keys = keys_of(ids, seed=self.augment.seed)
        return self._keys
