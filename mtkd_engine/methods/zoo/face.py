"""What a task supplies so that models of it can teach each other.

Shape suffixes: B samples of a batch, N samples of a split; `...` what a task's outputs have besides (classes, pixels).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal

from torch import Tensor, nn

from mtkd_engine.methods.base import BatchT

Criterion = Literal["truth", "own_confidence"]


@dataclass(frozen=True)
class Answer:
    """What a model says of a batch, in the one form that all participants share: logits (B, ...).

    `parts` are logits of parts of a network that learn each by itself; none where it learns as a whole.
    """

    logits: Tensor
    parts: tuple[Tensor, ...] = ()

    @property
    def taught(self) -> tuple[Tensor, ...]:
        """The logits that losses are of."""
        return self.parts or (self.logits,)

    def detached(self) -> Answer:
        """This will give the same without a gradient."""
        return Answer(self.logits.detach())


@dataclass(frozen=True)
class Standing:
    """How a model does on a split: metrics by name, per sample how good it is and how well it knows."""

    values: dict[str, float]
    quality_N: Tensor
    """0..1, in the order of the split: what tables of samples show."""
    criterion_N: Tensor
    """Higher is better; compared between models on the same sample only."""
    right_N: Tensor
    """Share of a sample that it has right, 0..1: 0 or 1 where there is one thing to say of it."""
    temperature: float = 1.0
    """At which its confidences are compared with those of others."""
    fitted: float = 1.0
    """At which they are true on validation: `values` and `said` are at this one, and a model file tells it."""
    said: Any = None
    """What it said of each sample, in the task's own form."""


class Discipline(ABC, Generic[BatchT]):
    """A task as the methods of a zoo see it."""

    primary: str
    """The metric that chooses best states; higher is better."""

    @abstractmethod
    def runner(self, model: nn.Module, place: int) -> Callable[[BatchT], Answer]:
        """This will give how a participant, by its place, answers a batch behind its own transform."""

    @abstractmethod
    def supervised(self, answer: Answer, batch: BatchT) -> Tensor:
        """This will give the task's own loss of the labels, a mean over the batch."""

    @abstractmethod
    def criterion(self, answer: Answer, batch: BatchT, *, by: Criterion, temperature: float) -> Tensor:
        """This will say how well an answer knows each sample, (B,); without gradient. -inf where nobody can tell."""

    @abstractmethod
    def transfer(self, source: Answer, learner: Answer, *, batch: BatchT, temperature: float) -> Tensor:
        """This will give T^2 KL(source || learner) of each sample, (B,), each side softened at T.

        The gradient flows to both; who wants none for the source detaches it.
        """

    @abstractmethod
    def standing(
        self, model: nn.Module, place: int, split: str, *, by: Criterion, thorough: bool = False
    ) -> Standing:
        """This will measure a participant on a whole split, in evaluation mode and without gradients.

        Unless `thorough` a task may leave out what takes long and chooses nothing.
        """
