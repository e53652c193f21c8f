"""The one form that every grounding model's prediction is brought into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.nets.grounding import DenseOutput, SpanOutput
from mtkd_engine.nets.masking import NEG, upper_triangle

FLOOR = -1.0e3
"""Least log-probability of a valid cell: above NEG, and its exponential is exactly 0."""


@dataclass(frozen=True)
class Belief:
    """P(first clip, last clip) on the student's grid, and the teacher's best windows in exact seconds.

    `log_joint_BLL` sums to 1 over the windows of each sample and is NEG elsewhere; `windows_BK2` are seconds
    (float64), best first; `scores_BK` are their probabilities on the teacher's own grid. `saliency_BL`, where the
    teacher gives any, says how much each clip has to do with the sentence, in units of the teacher's own spread;
    0 at padding, and NaN throughout for a sample without.
    """

    log_joint_BLL: Tensor
    windows_BK2: Tensor
    scores_BK: Tensor
    saliency_BL: Tensor | None = None

    def rows(self, index_B: Tensor) -> Belief:
        """This will give the beliefs of the samples at `index_B`."""
        return self._each(lambda part: part[index_B])

    def to(self, device: torch.device | str) -> Belief:
        """This will give the same beliefs on another device."""
        return self._each(lambda part: part.to(device))

    @staticmethod
    def cat(beliefs: Sequence[Belief]) -> Belief:
        """This will join the beliefs of several batches."""
        return Belief(
            torch.cat([belief.log_joint_BLL for belief in beliefs]),
            torch.cat([belief.windows_BK2 for belief in beliefs]),
            torch.cat([belief.scores_BK for belief in beliefs]),
            _joined_saliency(beliefs),
        )

    def _each(self, change: Callable[[Tensor], Tensor]) -> Belief:
        saliency_BL = None if self.saliency_BL is None else change(self.saliency_BL)
        return Belief(
            change(self.log_joint_BLL), change(self.windows_BK2), change(self.scores_BK), saliency_BL
        )


def _joined_saliency(beliefs: Sequence[Belief]) -> Tensor | None:
    if all(belief.saliency_BL is None for belief in beliefs):
        return None
    return torch.cat(
        [
            belief.log_joint_BLL.new_full(belief.log_joint_BLL.shape[:2], torch.nan)
            if belief.saliency_BL is None
            else belief.saliency_BL
            for belief in beliefs
        ]
    )


def joint_scores(output: DenseOutput) -> Tensor:
    """This will give the model's unnormalised log-probability of each window, (B, L, L)."""
    if isinstance(output, SpanOutput):
        return output.start_BL.unsqueeze(2) + output.end_BL.unsqueeze(1)
    return output.map_BLL


def log_joint(output: DenseOutput, *, temperature: float = 1.0) -> Tensor:
    """This will give log P(first clip, last clip) on the model's own grid, with the gradient kept.

    Normalised over windows with start <= end inside the video; NEG elsewhere.
    """
    return normalise(joint_scores(output) / temperature, upper_triangle(output.clip_mask_BL))


def normalise(scores_BLL: Tensor, valid_BLL: Tensor) -> Tensor:
    """This will normalise over the valid cells of each sample, FLOOR at least; all others are NEG."""
    filled_BN = scores_BLL.masked_fill(~valid_BLL, -torch.inf).flatten(1)
    log_BLL = torch.log_softmax(filled_BN, dim=1).view_as(scores_BLL)
    return log_BLL.clamp(min=FLOOR).masked_fill(~valid_BLL, NEG)


def marginals(log_joint_BLL: Tensor) -> tuple[Tensor, Tensor]:
    """This will give log P(first clip) and log P(last clip), each (B, L)."""
    return log_joint_BLL.logsumexp(2), log_joint_BLL.logsumexp(1)
