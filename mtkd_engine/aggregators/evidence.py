"""What a teacher's own belief tells of how far it can be trusted on a sample."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.grounding import Signals
from mtkd_engine.nets.masking import NEG
from mtkd_engine.tasks.grounding.belief import FLOOR
from mtkd_engine.tasks.grounding.decode import pairwise_iou

EVIDENCE = 6
_FAR = 3.0


@torch.no_grad()
def evidence(signals: Signals) -> Tensor:
    """This will give numbers of about 0 to 1 for every teacher and sample, (T, B, EVIDENCE).

    Confidence: the probability of its best window. Margin: that less the probability of its second. Entropy of its
    belief over the windows of the grid, divided by the logarithm of their number (0 for one window). Agreement: the
    mean IoU of its best window with the others' best (0 for a single teacher). Saliency: how much higher its score of
    the clips inside its best window is than of those outside, in spreads of its scores on that video, cut at 3 and
    divided by it; 0 where it has none, or nothing lies inside or outside. Last, 1 where there is such a difference.
    """
    log_TBLL, scores_TBK = signals.log_joint_TBLL, signals.scores_TBK
    confidence_TB = scores_TBK[..., 0]
    second_TB = scores_TBK[..., 1] if scores_TBK.shape[2] > 1 else torch.zeros_like(confidence_TB)
    valid_TBLL = log_TBLL > (NEG + FLOOR) / 2
    cells_TB = valid_TBLL.sum((2, 3))
    entropy_TB = -(log_TBLL.exp() * log_TBLL).sum((2, 3)) / cells_TB.clamp(min=2).log()
    salient_TB, known_TB = _saliency(signals, valid_TBLL)
    parts = (confidence_TB, confidence_TB - second_TB, entropy_TB, _agreement(signals), salient_TB, known_TB)
    return torch.stack([part.to(log_TBLL.dtype) for part in parts], dim=2)


def _agreement(signals: Signals) -> Tensor:
    overlap_BTT = pairwise_iou(signals.windows_TBK2[:, :, 0].transpose(0, 1))
    others = max(overlap_BTT.shape[1] - 1, 1)
    return ((overlap_BTT.sum(2) - overlap_BTT.diagonal(dim1=1, dim2=2)) / others).T


def _saliency(signals: Signals, valid_TBLL: Tensor) -> tuple[Tensor, Tensor]:
    """The difference (T, B) and whether there is one."""
    if signals.saliency_TBL is None:
        none_TB = signals.log_joint_TBLL.new_zeros(signals.log_joint_TBLL.shape[:2])
        return none_TB, none_TB
    valid_TBL = valid_TBLL.diagonal(dim1=2, dim2=3) & ~signals.saliency_TBL.isnan()
    length = valid_TBL.shape[2]
    best_TB1 = signals.log_joint_TBLL.flatten(2).argmax(2, keepdim=True)
    place_L = torch.arange(length, device=best_TB1.device)
    within_TBL = (place_L >= best_TB1 // length) & (place_L <= best_TB1 % length)
    inside_TBL, outside_TBL = valid_TBL & within_TBL, valid_TBL & ~within_TBL
    known_TB = inside_TBL.any(2) & outside_TBL.any(2)
    saliency_TBL = signals.saliency_TBL.nan_to_num(0.0, 0.0, 0.0)
    mean_TB1 = _mean(saliency_TBL, valid_TBL).unsqueeze(2)
    spread_TB = _mean((saliency_TBL - mean_TB1).square(), valid_TBL).sqrt()
    apart_TB = _mean(saliency_TBL, inside_TBL) - _mean(saliency_TBL, outside_TBL)
    scaled_TB = (apart_TB / spread_TB.clamp(min=1e-6)).clamp(-_FAR, _FAR) / _FAR
    return scaled_TB * known_TB, known_TB.to(saliency_TBL.dtype)


def _mean(values_TBL: Tensor, kept_TBL: Tensor) -> Tensor:
    return (values_TBL * kept_TBL).sum(2) / kept_TBL.sum(2).clamp(min=1)
