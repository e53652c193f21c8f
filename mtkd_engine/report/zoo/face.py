"""What a task supplies to run its models as a zoo and to report on them.

Shape suffixes: N samples of a split, S sources.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol

from torch import Tensor, nn

from mtkd_engine.methods.base import BatchT
from mtkd_engine.methods.zoo.face import Discipline, Standing
from mtkd_engine.nets.registry import AnyCard
from mtkd_engine.report.comparisons import Compared
from mtkd_engine.report.ending import Described
from mtkd_engine.tasks.base import Batches


class ZooDataset(Described, Protocol):
    """A dataset of which a part may be tested on that belonged to train."""

    @property
    def whole_hash(self) -> str:
        """The content hash of the dataset as it was registered."""
        ...

    @property
    def moved_to_test(self) -> frozenset[str]:
        """The ids of test samples that are train or val samples of the whole dataset."""
        ...


@dataclass(frozen=True)
class Entrant:
    """A registered model that takes part, as it was registered: copies of `model` are trained, it never is."""

    name: str
    model: nn.Module
    card: AnyCard
    content_hash: str

    def saw(self, dataset: ZooDataset) -> bool:
        """This will say whether it was trained on the dataset; without a recipe it may have been."""
        return self.card.recipe is None or self.card.recipe.dataset_hash == dataset.whole_hash


@dataclass(frozen=True, kw_only=True)
class Told:
    """All that is said of one learner's samples of a split: by itself at the end, and by all at the beginning."""

    split: str
    after: Standing
    before: Sequence[Standing]
    """Of all participants, in their order."""
    place: int
    """Which of them it is."""
    alone: Standing | None
    sources: Sequence[str]
    weights_NS: Tensor
    """Who knew best before training."""


class Arena(ABC, Generic[BatchT]):
    """A task's dataset, the models that take part, and how they are run, compared and kept."""

    dataset: ZooDataset
    entrants: Sequence[Entrant]
    splits: Mapping[str, Batches[BatchT]]
    discipline: Discipline[BatchT]
    graded: bool
    """Whether samples are better or worse, and not only right or wrong."""

    @abstractmethod
    def samples(self, split: str) -> Sequence[Any]:
        """This will give the samples of a split, each with `sample_id` and `source_id`, in the order of standings."""

    @abstractmethod
    def described(self, rows: Sequence[int]) -> list[str]:
        """This will say of samples of validation what they are, for people: their class, or their id."""

    @abstractmethod
    def baselines(self, before: Sequence[Standing]) -> dict[str, dict[str, float]]:
        """This will give metrics on test of what the end is held against: blind, average, oracle, as the task has."""

    @abstractmethod
    def compared(self, after: Standing, against: Mapping[str, Standing]) -> Compared:
        """This will give differences on test to others by name and metric, with 95 % intervals over sources."""

    @abstractmethod
    def cost(self, model: nn.Module, card: AnyCard) -> dict[str, Any]:
        """This will give what one sample costs a model."""

    @abstractmethod
    def fed(self, card: AnyCard) -> Iterable[Any]:
        """This will give a few batches of test as a model reads them, on the CPU."""

    @abstractmethod
    def write_samples(self, stem: Path, told: Sequence[Told]) -> dict[str, str]:
        """This will write a learner's tables of samples, `told` by split; returns their file names by kind."""

    def write_together(self, folder: Path, models: Mapping[str, tuple[nn.Module, AnyCard]]) -> None:
        """This will write what shows several models side by side, by the names that they are shown under.

        By default nothing.
        """
