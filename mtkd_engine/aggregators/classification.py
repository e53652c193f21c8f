"""What aggregators of classification get, and how weights make one target of several beliefs.

Shape suffixes: T teachers, B samples, C classes, F features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from mtkd_engine.aggregators.base import Aggregator

Space = Literal["probability", "logit", "loss"]
_LEAST = -1e4


@dataclass(frozen=True)
class ClassSignals:
    """The calibrated log-probabilities of T teachers over the dataset's classes, alive or cached."""

    log_probs_TBC: Tensor
    names: Sequence[str]

    @property
    def like(self) -> Tensor:
        """A tensor of the dtype and on the device of the beliefs."""
        return self.log_probs_TBC

    @property
    def batch(self) -> int:
        """B."""
        return self.log_probs_TBC.shape[1]


@dataclass(frozen=True)
class ClassContext:
    """What a learned gate may look at: the student's last features, without gradient."""

    features_BF: Tensor


ClassAggregator: TypeAlias = Aggregator[ClassSignals, ClassContext, Tensor, Tensor]
"""The student's part is its logits (B, C), that of labels the class of each sample (B,)."""


def softened(log_probs: Tensor, temperature: float) -> Tensor:
    """This will give log softmax(z / temperature) from log softmax(z), over the last dimension."""
    return torch.log_softmax(log_probs / temperature, dim=-1)


def mix(weights_BT: Tensor, signals: ClassSignals, *, temperature: float, space: Space) -> Tensor:
    """This will give the weighted, softened target, log P of (B, C); the gradient flows to the weights.

    `probability` averages softened probabilities; `loss` asks for the same target, because the divergence is linear
    in it up to a constant; `logit` averages logits, which are the log-probabilities up to a constant. Classes that
    all teachers rule out get next to nothing, not -inf, through which no gradient would pass.
    """
    log_probs_TBC = signals.log_probs_TBC.clamp(min=_LEAST)
    if space == "logit":
        mean_BC = (weights_BT.T.unsqueeze(-1) * log_probs_TBC).sum(0)
        return softened(mean_BC, temperature)
    log_weights_TB = weights_BT.T.clamp(min=torch.finfo(weights_BT.dtype).tiny).log()
    return (softened(log_probs_TBC, temperature) + log_weights_TB.unsqueeze(-1)).logsumexp(0)
