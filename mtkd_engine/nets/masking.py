"""Masks that keep padding out of every number.

Shape suffixes used in tensor code throughout the engine: B samples, L clips, W words, C channels, T teachers,
H boundaries (1 or 2), K windows, N any length.
"""

from __future__ import annotations

import torch
from torch import Tensor

NEG = -1.0e4
"""Stands for the logarithm of zero: finite, so that 0 * NEG is 0, and within float16's range."""


def masked_softmax(scores: Tensor, mask: Tensor, *, dim: int) -> Tensor:
    """This will give a softmax over the valid entries of `dim`; all other entries are exactly zero."""
    filled = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return torch.softmax(filled, dim=dim) * mask


def masked_log_softmax(scores: Tensor, mask: Tensor, *, dim: int) -> Tensor:
    """This will give a log-softmax over the valid entries of `dim`; all other entries are NEG.

    Every slice along `dim` needs one valid entry.
    """
    filled = scores.masked_fill(~mask, -torch.inf)
    return torch.log_softmax(filled, dim=dim).masked_fill(~mask, NEG)


def masked_mean(x_BNC: Tensor, mask_BN: Tensor) -> Tensor:
    """This will average the valid positions of each sample, giving (B, C); zero where none is valid."""
    kept_BN1 = mask_BN.unsqueeze(-1).to(x_BNC.dtype)
    total_BC: Tensor = (x_BNC.masked_fill(~mask_BN.unsqueeze(-1), 0.0)).sum(1)
    return total_BC / kept_BN1.sum(1).clamp(min=1.0)


def upper_triangle(clip_mask_BL: Tensor) -> Tensor:
    """This will mark the cells (start, end) of a clip grid that are windows: start <= end, both valid."""
    length = clip_mask_BL.shape[1]
    ordered_LL = torch.ones(length, length, dtype=torch.bool, device=clip_mask_BL.device).triu()
    return clip_mask_BL.unsqueeze(2) & clip_mask_BL.unsqueeze(1) & ordered_LL
