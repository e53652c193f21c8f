"""A split of labelled samples as batches, each epoch another view of them.

Shape suffixes: N samples, B of a batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.tasks.ahead import in_turn
from mtkd_engine.tasks.classification.batches import CLEAN, ClassBatch, Mixed, Shared
from mtkd_engine.tasks.classification.draws import Hashes, Whole, keys_of
from mtkd_engine.tasks.classification.pixels import on_device

EVALUATION_BATCH = 500
Kept = NDArray[np.bool_]


class Varying(Protocol):
    """How views are made, as a spec says it: what a cache's rows are a function of."""

    @property
    def views(self) -> int:
        """Different views of each sample; epoch e shows view e modulo this number."""
        ...

    @property
    def seed(self) -> int:
        """The seed of views."""
        ...

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """This will say all of it as plain data."""
        ...


class ClassSplit(ABC):
    """The samples of a split, clean or varied; every participant gets the same inputs.

    View v of a sample is a function of (seed, sample id, v) alone; its partner of mixup, where there is one, is drawn
    among the samples of the split in their order. Nothing is read back from the device.
    """

    def __init__(
        self,
        samples: Sequence[LabelledSample],
        *,
        name: str,
        augment: Varying | None,
        seed: int,
        device: torch.device | str = "cpu",
        labelled_N: Kept | None = None,
        evaluation_batch: int = EVALUATION_BATCH,
    ) -> None:
        """This will hold the samples; `labelled_N` says whose labels may be learned from, None: those of all."""
        self.samples = tuple(samples)
        self.name = name
        self.augment = augment
        self.device = torch.device(device)
        self.evaluation_batch = evaluation_batch
        self._host_labels_N: Whole = np.array([sample.label for sample in self.samples], np.int64)
        self._labelled_N = None if labelled_N is None else labelled_N.astype(np.float32)
        self._seed = seed
        self._keys: Hashes | None = None
        self.labels_N = on_device(self._host_labels_N, self.device)

    @property
    def ahead(self) -> bool:
        """Whether it pays to let a thread make its batches before they are wanted."""
        return False

    def __len__(self) -> int:
        return len(self.samples)

    def batch(self, indices: Sequence[int], *, epoch: int = 0) -> ClassBatch:
        """This will give the samples at these positions as they are seen in an epoch, counted from 0."""
        view = CLEAN if self.augment is None else epoch % self.augment.views
        return self.at_view(view, indices)

    def in_order(self, *, size: int | None = None) -> Iterator[ClassBatch]:
        """This will yield all samples in clean batches, first to last."""
        parts = self._parts(size or self.evaluation_batch)
        return in_turn(lambda part: self.at_view(CLEAN, part), parts, ahead=self.ahead)

    def in_crops(self) -> Iterator[list[Shared]]:
        """This will yield all samples in clean batches, first to last, in each way that the end is measured in."""
        for batch in self.in_order():
            yield [batch.inputs]

    def _parts(self, size: int) -> Iterator[range]:
        """All positions, so many at a time."""
        return (range(start, min(start + size, len(self))) for start in range(0, len(self), size))

    def at_view(self, view: int, indices: Sequence[int]) -> ClassBatch:
        """This will give one view of the samples at these positions; CLEAN is the sample as it is."""
        rows_B = np.asarray(indices, np.int64)
        if view == CLEAN:
            inputs, labels_B, pairs = self._clean(rows_B), self._labels(rows_B), None
        else:
            assert self.augment is not None, "a split without augmentation has clean views only"
            inputs, labels_B, pairs = self._varied(view, rows_B)
        return ClassBatch(
            inputs,
            labels_B,
            torch.from_numpy(rows_B),
            torch.full((len(rows_B),), view, dtype=torch.int64),
            tuple(self.samples[row] for row in indices),
            self.name,
            pairs,
            self._labelled(rows_B),
        )

    @abstractmethod
    def _clean(self, rows_B: Whole) -> Shared:
        """What is seen of these rows as they are."""

    @abstractmethod
    def _varied(self, view: int, rows_B: Whole) -> tuple[Shared, Tensor, Mixed | None]:
        """One view of these rows, their labels on the device, and what was mixed."""

    def _labels(self, rows_B: Whole) -> Tensor:
        return on_device(self._host_labels_N[rows_B], self.device)

    @property
    def labelled_rows(self) -> list[int] | None:
        """The positions of samples whose labels may be learned from; None where those of all may."""
        return None if self._labelled_N is None else np.flatnonzero(self._labelled_N).tolist()

    @property
    def labelled_mask(self) -> Tensor | None:
        """Which samples have a label that may be learned from, (N,) bool on the device; None where all have."""
        return None if self._labelled_N is None else on_device(self._labelled_N > 0, self.device)

    def _labelled(self, rows_B: Whole) -> Tensor | None:
        return None if self._labelled_N is None else on_device(self._labelled_N[rows_B], self.device)

    @property
    def _keys_N(self) -> Hashes:
        """Made when they are first asked for: clean splits need none."""
        if self._keys is None:
            self._keys = keys_of([sample.sample_id for sample in self.samples], seed=self._seed)
        return self._keys
