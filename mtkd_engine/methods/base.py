"""What a method is to the loop: trained modules, named loss terms for a batch, and a measurement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from torch import Tensor, nn

from mtkd_engine.events import Event

BatchT = TypeVar("BatchT")
ParameterGroup = dict[str, Any]
"""`params`, and `factor`: the share of the learning rate that they have in every step. With `apart` their gradient is
cut to the largest norm by itself."""


@dataclass(frozen=True)
class Terms:
    """Loss terms by name, already weighted (the loss is their sum), and detached numbers worth watching."""

    losses: dict[str, Tensor]
    observed: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """A measurement on validation: the number that chooses the best state, and what to say about it."""

    score: float
    events: list[Event]
    weights_NHT: Tensor | None = None
    """Weights of teachers on validation, in its order, where there are any."""


class Method(nn.Module, Generic[BatchT]):
    """Everything that is trained together; its `state_dict` is what a checkpoint keeps."""

    grows: frozenset[str] = frozenset()
    """Terms that begin near nothing and grow, so that nobody is warned of how small they are."""
    last_weights: tuple[list[str], Tensor] | None = None
    """Samples of the last batch and the weights (B, H, T) that taught them, without gradient."""

    def terms(self, batch: BatchT) -> Terms:
        """This will compute the loss terms of one batch."""
        raise NotImplementedError

    def measure(self, *, step: int) -> Measured:
        """This will measure the student on the whole validation split, without gradients."""
        raise NotImplementedError

    def fitted(self) -> Iterator[nn.Parameter]:
        """This will give the parameters that the loop's optimiser fits."""
        return (parameter for parameter in self.parameters() if parameter.requires_grad)

    def groups(self) -> list[ParameterGroup]:
        """This will give what is fitted by its share of the learning rate; by default all at the whole rate."""
        return [{"params": list(self.fitted()), "factor": 1.0}]

    def stepped(self, *, step: int, rate: float) -> dict[str, Tensor]:
        """This will do what the method has to do after each step of the optimiser; by default nothing.

        `step` counts from 1, `rate` is the learning rate of that step. State of such work must be in `state_dict`.
        Returns detached numbers worth watching, which stay on the device.
        """
        return {}
