"""A split as batches for one network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.data.dataset import Sample
from mtkd_engine.data.rows import Window
from mtkd_engine.nets.grounding import GroundingInputs
from mtkd_engine.tasks.grounding.collate import Collator, Targets
from mtkd_engine.tasks.grounding.metrics import compatible, evaluate, evaluate_ranked, late_ends

EVALUATION_BATCH = 64


@dataclass(frozen=True)
class Quality:
    """`r1@0.3`, `r1@0.5`, `r1@0.7` and `miou` of a split, each in 0..1, and the IoU of every sample."""

    values: dict[str, float]
    iou_N: NDArray[np.float64]
    late_ends: int = 0
    """Predicted windows that ended after their video and were cut."""


@dataclass(frozen=True)
class Batch:
    """What a network reads, what it should say, and which samples these are, all in the same order."""

    inputs: GroundingInputs
    targets: Targets
    samples: tuple[Sample, ...]

    @property
    def sample_ids(self) -> list[str]:
        """Stable ids, for beliefs that are looked up by them."""
        return [sample.sample_id for sample in self.samples]


class SplitData:
    """The samples of a split, seen through one network's collator."""

    def __init__(self, samples: Sequence[Sample], collator: Collator, *, device: torch.device | str) -> None:
        self.samples = tuple(samples)
        self._collator = collator
        self._device = device

    def __len__(self) -> int:
        return len(self.samples)

    def batch(self, indices: Sequence[int], *, epoch: int = 0) -> Batch:
        """This will collate the samples at these positions; they are the same in every epoch."""
        samples = tuple(self.samples[index] for index in indices)
        inputs = self._collator.inputs(samples).to(self._device)
        return Batch(inputs, self.targets(indices), samples)

    def targets(self, indices: Sequence[int]) -> Targets:
        """This will give the labels alone of the samples at these positions."""
        return self._collator.targets([self.samples[index] for index in indices]).to(self._device)

    def in_order(self) -> Iterator[Batch]:
        """This will yield all samples in batches, first to last."""
        for start in range(0, len(self), EVALUATION_BATCH):
            yield self.batch(range(start, min(start + EVALUATION_BATCH, len(self))))

    def score(self, windows_N2: Tensor) -> Quality:
        """This will measure one window per sample, in this order, against the truth."""
        values, iou_N = evaluate(windows_N2.numpy(), self._truths, durations=self._durations)
        return Quality(values, iou_N, late_ends(windows_N2.numpy(), self._durations))

    def score_ranked(self, windows_NK2: Tensor, scores_NK: Tensor) -> dict[str, float]:
        """This will give `r5@0.3`, `r5@0.5`, `r5@0.7`, `map@0.5`, `map@0.75` and `map` of scored windows.

        A score of -inf says that there is no window.
        """
        return evaluate_ranked(windows_NK2.numpy(), scores_NK.numpy(), self._truths, self._durations)

    def score_compatible(self, windows_NK2: Tensor, scores_NK: Tensor) -> dict[str, dict[str, float]]:
        """This will measure scored windows as other repositories do, by their names, on this network's clip grid."""
        clips_N = self._collator.clip_counts(self.samples).numpy()
        return compatible(
            windows_NK2.numpy(), self._truths, self._durations, clips_N, scores=scores_NK.numpy()
        )

    @property
    def _truths(self) -> list[Sequence[Window]]:
        return [sample.windows for sample in self.samples]

    @property
    def _durations(self) -> list[float]:
        return [sample.duration for sample in self.samples]
