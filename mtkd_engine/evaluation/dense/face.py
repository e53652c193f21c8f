"""What a task that tells something of every pixel supplies to methods, evaluation and reports.

Shape suffixes: B samples of a batch, N samples of a split; `...` what a task's logits have besides.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from mtkd_engine.evaluation.dense.looking import Run
from mtkd_engine.tasks.dense import DenseBatch
from mtkd_engine.tasks.dense.splits import DenseSplit


@dataclass(frozen=True, kw_only=True)
class Judged:
    """How good a network is on a split; what is said of samples stands in the order of the split, in host memory."""

    values: dict[str, float]
    """Metrics by name, those alone that are defined."""
    by_sample: dict[str, Tensor]
    """Metrics of each sample by name, float64 (N,); NaN where one is not defined, as where nothing is told."""
    quality_N: Tensor
    """The one of them that tables show, 0 where it is not defined."""
    loss_N: Tensor
    """What the network would learn from, of each sample as it is."""
    right_N: Tensor
    """Share of each sample that it has right, 0..1."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What the result says besides."""

    def score(self, primary: str) -> float:
        """This will give what chooses the best state: the primary metric, or minus the loss where that is none."""
        return self.values.get(primary, -float(self.loss_N.mean()))


@dataclass(frozen=True)
class Drawn:
    """What is said, or true, of one sample as a PNG: class by class in its palette, or a map in 256 greys."""

    row: int
    frame: int
    """Of a video, counted in its frames; 0 of a picture."""
    png: bytes


class DenseTask(ABC):
    """One dense task on one dataset: what is learned, and how it is measured at full resolution."""

    primary: str
    """The metric that chooses best states; higher is better."""
    quality: str
    """The metric of a sample that tables show."""

    def __init__(self, splits: Mapping[str, DenseSplit]) -> None:
        self.splits = splits

    @abstractmethod
    def belief(self, logits: Tensor, batch: DenseBatch, *, temperature: float = 1.0) -> Tensor:
        """This will give the task's belief on the grid of the batch; logits are in the dataset's class order."""

    @abstractmethod
    def is_told(self, batch: DenseBatch) -> Tensor:
        """This will tell of which samples the truth says anything, bool (B,); the losses of others are 0."""

    @abstractmethod
    def losses(self, belief: Tensor, batch: DenseBatch) -> Tensor:
        """This will give what is learned from labels, (B,)."""

    @abstractmethod
    def transfer(self, source: Tensor, learner: Tensor, batch: DenseBatch) -> Tensor:
        """This will give how far one belief is from another, (B,); the gradient flows to both."""

    @abstractmethod
    def sureness(self, belief: Tensor) -> Tensor:
        """This will give how sure a belief is of itself whatever is true, (B,); higher is surer."""

    @abstractmethod
    def judge(self, run: Run, split: str, *, thorough: bool = True) -> Judged:
        """This will measure a network on a split; without `thorough` what takes long is left out."""

    @abstractmethod
    def blind(self) -> Run:
        """This will give what can be said without looking: what training samples have at each place."""

    @abstractmethod
    def drawn(self, run: Run, split: str, rows: Sequence[int]) -> Iterator[Drawn]:
        """This will draw what a network says of rows of a split."""

    @abstractmethod
    def truth_drawn(self, split: str, rows: Sequence[int]) -> Iterator[Drawn]:
        """This will draw what is true of rows of a split."""


def defined(values: Mapping[str, float]) -> dict[str, float]:
    """This will leave out what is not defined."""
    return {name: value for name, value in values.items() if math.isfinite(value)}
