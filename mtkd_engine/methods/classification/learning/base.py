"""What it takes to teach an aggregator while the student trains.

Shape suffixes: B samples, C classes (channels of images), F features, H and W pixels.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals
from mtkd_engine.nets.classification import Classifier
from mtkd_engine.nets.classification.clips.given import Given
from mtkd_engine.tasks.classification.batches import ClassBatch


@dataclass(frozen=True)
class Lesson:
    """What teachers and student say of a batch, all without gradient; the student as it was before its step.

    Logits and features are None where an aggregator looks at neither.
    """

    batch: ClassBatch
    signals: ClassSignals
    logits_BC: Tensor | None
    features_BF: Tensor | None

    def weights(self, aggregator: ClassAggregator) -> Tensor:
        """This will weigh the teachers of the batch without looking at labels, (B, T), with gradient."""
        context = None if self.features_BF is None else ClassContext(self.features_BF)
        weights_BHT = aggregator.weights(self.signals, context, student=self.logits_BC)
        return weights_BHT[:, 0]


class HeldOut(Protocol):
    """Where lessons come from that are not the batch at hand."""

    student: Classifier
    """The student itself, uncompiled and without taps."""

    def draw(self, step: int) -> Lesson:
        """This will give samples drawn for a step: the same ones whenever it is asked for it."""
        ...

    def at(self, rows: Sequence[int]) -> Lesson:
        """This will give the samples at these positions of the split."""
        ...

    def inputs(self, batch: ClassBatch) -> Given:
        """This will give what the student reads of a batch."""
        ...


class Learner(nn.Module):
    """Fits an aggregator's parameters with an optimiser of its own; its `state_dict` holds that one's state.

    The aggregator is not part of that: whoever owns it keeps it, and leaves its parameters out of `Method.fitted`.
    """

    observes: ClassVar[tuple[str, ...]] = ()
    """Names of the numbers that `after` gives."""
    seen_N: Tensor

    def __init__(self, aggregator: ClassAggregator, optimizer: torch.optim.Optimizer) -> None:
        super().__init__()
        self._taught = [aggregator]  # in a list, so that it is no part of this module
        self.optimizer = optimizer
        self.register_buffer("seen_N", torch.zeros(len(self.observes)))

    @property
    def aggregator(self) -> ClassAggregator:
        """What it teaches."""
        return self._taught[0]

    def after(self, lesson: Lesson, *, step: int, rate: float) -> dict[str, Tensor]:
        """This will learn from what came of a step of the student, counted from 1, taken at a learning rate.

        Gives numbers worth watching, those of the last step at which something was learned, on the device.
        """
        with torch.enable_grad():
            seen = self._learn(lesson, step=step, rate=rate)
        if seen is not None:
            self.seen_N = torch.stack([number.detach().float() for number in seen])
        return dict(zip(self.observes, self.seen_N.unbind(0), strict=True))

    def get_extra_state(self) -> dict[str, Any]:
        """This will give the state of the optimiser."""
        return self.optimizer.state_dict()

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """This will take over the state of an optimiser."""
        self.optimizer.load_state_dict(copy.deepcopy(state))

    def _learn(self, lesson: Lesson, *, step: int, rate: float) -> Sequence[Tensor] | None:
        """Learn, and give the numbers of `observes`; None where nothing was to be learned at this step."""
        raise NotImplementedError

    def _descend(self, loss: Tensor) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
