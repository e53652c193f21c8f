"""What aggregators of grounding get, and how weights make one belief of several.

Weights are (B, H, T): H = 1 weighs whole beliefs, H = 2 weighs starts and ends apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from mtkd_engine.aggregators.base import Aggregator
from mtkd_engine.nets.grounding import Encoded, SpanOutput
from mtkd_engine.nets.masking import upper_triangle
from mtkd_engine.tasks.grounding.belief import Belief, marginals, normalise
from mtkd_engine.tasks.grounding.collate import Targets


@dataclass(frozen=True)
class Signals:
    """The calibrated beliefs of T teachers for one batch, alive or stored.

    `saliency_TBL` is None where no teacher scores clips, and NaN throughout for the teachers (and samples) without.
    """

    log_joint_TBLL: Tensor
    windows_TBK2: Tensor
    scores_TBK: Tensor
    names: Sequence[str]
    saliency_TBL: Tensor | None = None

    @property
    def like(self) -> Tensor:
        """A tensor of the dtype and on the device of the beliefs."""
        return self.log_joint_TBLL

    @property
    def batch(self) -> int:
        """B."""
        return self.log_joint_TBLL.shape[1]

    @classmethod
    def stack(cls, beliefs: Sequence[Belief], names: Sequence[str]) -> Signals:
        """This will put one belief per teacher side by side."""
        return cls(
            log_joint_TBLL=torch.stack([belief.log_joint_BLL for belief in beliefs]),
            windows_TBK2=torch.stack([belief.windows_BK2 for belief in beliefs]),
            scores_TBK=torch.stack([belief.scores_BK for belief in beliefs]),
            names=list(names),
            saliency_TBL=_saliency_side_by_side(beliefs),
        )


@dataclass(frozen=True)
class Context:
    """What a learned gate may look at: the shared encoder's video and query."""

    video_BLC: Tensor
    clip_mask_BL: Tensor
    query_BWC: Tensor
    word_mask_BW: Tensor

    @classmethod
    def of(cls, encoded: Encoded) -> Context:
        """This will show a gate what the encoder knows, gradient included."""
        return cls(encoded.video_BLC, encoded.clip_mask_BL, encoded.query_BWC, encoded.word_mask_BW)


GroundingAggregator: TypeAlias = Aggregator[Signals, Context, SpanOutput, Targets]


def mix(weights_BHT: Tensor, signals: Signals, clip_mask_BL: Tensor) -> Tensor:
    """This will give the weighted belief, log P of (B, L, L), normalised over the windows of each sample.

    Probabilities are averaged, not logits. H = 1 averages whole joints; H = 2 averages start and end
    marginals apart, and their outer product over start <= end is the belief. The gradient flows to the
    weights.
    """
    log_weights_HTB = weights_BHT.permute(1, 2, 0).clamp(min=torch.finfo(weights_BHT.dtype).tiny).log()
    if len(log_weights_HTB) == 1:
        mixed_BLL = (signals.log_joint_TBLL + log_weights_HTB[0, :, :, None, None]).logsumexp(0)
    else:
        teachers, batch, length, _ = signals.log_joint_TBLL.shape
        starts_NL, ends_NL = marginals(signals.log_joint_TBLL.flatten(0, 1))
        start_BL = (starts_NL.view(teachers, batch, length) + log_weights_HTB[0].unsqueeze(2)).logsumexp(0)
        end_BL = (ends_NL.view(teachers, batch, length) + log_weights_HTB[1].unsqueeze(2)).logsumexp(0)
        mixed_BLL = start_BL.unsqueeze(2) + end_BL.unsqueeze(1)
    return normalise(mixed_BLL, upper_triangle(clip_mask_BL))


def _saliency_side_by_side(beliefs: Sequence[Belief]) -> Tensor | None:
    given = next((belief.saliency_BL for belief in beliefs if belief.saliency_BL is not None), None)
    if given is None:
        return None
    none_BL = torch.full_like(given, torch.nan)
    return torch.stack([none_BL if b.saliency_BL is None else b.saliency_BL for b in beliefs])
