"""What segmentation networks learn from, one number per sample; pixels without truth count for nothing.

Shape suffixes: B samples, C classes, H and W pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.data.masks.dataset import VOID


def per_sample_loss(log_probs_BCHW: Tensor, truth_BHW: Tensor) -> Tensor:
    """This will give the mean over told pixels of -log p(truth), (B,), in nats; 0 where a sample has none.

    `truth_BHW` is uint8, 255 where nothing is told.
    """
    # Not nll_loss: its two-dimensional form has no deterministic forward on CUDA.
    own_BHW = truth_BHW.long()
    is_told_BHW = truth_BHW != VOID
    own_B1HW = own_BHW.masked_fill(~is_told_BHW, 0).unsqueeze(1)
    return told_mean(-_picked(log_probs_BCHW, own_B1HW), is_told_BHW)


def transfer(teacher_BCHW: Tensor, learner_BCHW: Tensor, truth_BHW: Tensor | None = None) -> Tensor:
    """This will give the mean over pixels of KL(teacher || learner), (B,), in nats; both are log-probabilities.

    With `truth_BHW` only its told pixels count. Neither side is detached here.
    """
    from_BCHW = functional.kl_div(learner_BCHW, teacher_BCHW, reduction="none", log_target=True)
    is_told_BHW = None if truth_BHW is None else truth_BHW != VOID
    return told_mean(from_BCHW.sum(1), is_told_BHW)


def told_mean(values_BHW: Tensor, is_told_BHW: Tensor | None) -> Tensor:
    """This will give each sample's mean over its told pixels, (B,); 0 where it has none, all where None is given."""
    if is_told_BHW is None:
        return values_BHW.mean((1, 2))
    sums_B = torch.where(is_told_BHW, values_BHW, 0.0).sum((1, 2))
    return sums_B / is_told_BHW.sum((1, 2)).clamp(min=1)


def _picked(log_probs_BCHW: Tensor, own_B1HW: Tensor) -> Tensor:
    """The value of each pixel's own class, (B, H, W).

    A gather's backward adds atomically on CUDA; multiplying by who is meant does not, and is exact.
    """
    place_1C11 = torch.arange(log_probs_BCHW.shape[1], device=log_probs_BCHW.device).view(1, -1, 1, 1)
    return torch.where(place_1C11 == own_B1HW, log_probs_BCHW, 0.0).sum(1)
