"""What every aggregator gets and gives.

Weights are (B, H, T): at least 0, sum 1 over teachers. H = 1 weighs whole beliefs, H = 2 weighs starts and
ends apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

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


class Aggregator(nn.Module):
    """Weights of teachers for each sample; state that must survive a checkpoint is parameters or buffers."""

    needs_labels: ClassVar[bool] = False
    """Looks at labels when it weighs."""
    needs_features: ClassVar[bool] = False
    """Cannot weigh without the context."""
    takes_features: ClassVar[bool] = False
    """Looks at the context where there is one."""
    symmetric: ClassVar[bool] = True
    """Permuting teachers permutes its weights, whatever it has learned."""
    online: ClassVar[bool] = False
    """Changes with the student while it trains, beyond gradient steps on its own parameters."""
    trained: ClassVar[bool] = False
    """Has parameters fitted by the gate's loss; otherwise its weights carry no gradient."""

    def weights(
        self,
        signals: Signals,
        context: Context | None,
        student: SpanOutput | None = None,
        labels: Targets | None = None,
    ) -> Tensor:
        """This will weigh the teachers of each sample, (B, H, T).

        `context` is needed where `needs_features`, `labels` where `needs_labels`.
        """
        raise NotImplementedError

    def told(self, quality_T: Tensor) -> None:
        """This will take note, before anything is trained, of how good each teacher is on held-out samples."""


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
