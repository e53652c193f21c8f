"""What proposed windows are fitted to: their overlap with the best of all true windows, and its ends."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.nets.grounding import ProposalOutput
from mtkd_engine.tasks.grounding.collate import Targets

_NO_OVERLAP, _FULL_OVERLAP = 0.3, 0.7
_NEAR = 0.5
_SCORE_WEIGHT = 0.5
_CHOSEN = 4.0  # above any difference in nearness
_SHORTEST = 0.01  # of the video: no true window counts as shorter when ends are compared with its length


def proposal_loss(output: ProposalOutput, targets: Targets) -> Tensor:
    """This will give the mean loss of a batch of proposals against all true windows of each sample.

    Scores: binary cross-entropy with the scaled IoU (thresholds 0.3 and 0.7) with the true window that is
    overlapped most. Ends: where that IoU is 0.5 or more, 1 - IoU and a smooth L1 distance in lengths of the true
    window. The proposal nearest to each true window always counts as a full hit of that window, so that windows
    which no anchor meets, or which lie inside another true one, are learned as well. Scores are summed per hit, as
    detectors do, instead of averaged over all proposals: hits are few, and averaged the network first spends epochs
    on saying no to everything.
    """
    truths_BM2 = (targets.windows_BM2 / targets.durations_B[:, None, None]).clamp(0.0, 1.0)
    truths_BM2 = truths_BM2.to(output.windows_BK2.dtype)
    near_BKM = nearness(output.windows_BK2, truths_BM2).masked_fill(~output.valid_BK.unsqueeze(2), -2.0)
    best_BM = near_BKM.detach().argmax(1)
    chosen_BKM = torch.zeros_like(near_BKM).scatter(1, best_BM.unsqueeze(1), _CHOSEN)
    which_BK = (near_BKM.detach() + chosen_BKM).argmax(2)
    near_BK = near_BKM.gather(2, which_BK.unsqueeze(2)).squeeze(2)
    wanted_BK = ((near_BK.detach() - _NO_OVERLAP) / (_FULL_OVERLAP - _NO_OVERLAP)).clamp(0.0, 1.0)
    wanted_BK = wanted_BK.scatter(1, best_BM, 1.0)
    counted_BK = (near_BK.detach() >= _NEAR).scatter(1, best_BM, True)
    truth_BK2 = truths_BM2.gather(1, which_BK.unsqueeze(2).expand(-1, -1, 2))
    ends_BK = (1.0 - near_BK) + distance(output.windows_BK2, truth_BK2)
    scores_BK = functional.binary_cross_entropy_with_logits(output.scores_BK, wanted_BK, reduction="none")
    hits_B = wanted_BK.masked_fill(~output.valid_BK, 0.0).sum(1)
    per_hit_B = scores_BK.masked_fill(~output.valid_BK, 0.0).sum(1) / hits_B
    per_end_B = ends_BK.masked_fill(~counted_BK, 0.0).sum(1) / counted_BK.sum(1)
    return (_SCORE_WEIGHT * per_hit_B + per_end_B).mean()


def nearness(windows_BK2: Tensor, truths_BM2: Tensor) -> Tensor:
    """This will give (B, K, M): the IoU of every window with every true one.

    Where they do not meet it lies below 0, by the gap's share of their hull.
    """
    start_BK1, stop_BK1 = windows_BK2[..., :1], windows_BK2[..., 1:]
    start_B1M, stop_B1M = truths_BM2.unsqueeze(1).unbind(3)
    shared_BKM = torch.minimum(stop_BK1, stop_B1M) - torch.maximum(start_BK1, start_B1M)
    hull_BKM = torch.maximum(stop_BK1, stop_B1M) - torch.minimum(start_BK1, start_B1M)
    return shared_BKM / hull_BKM.clamp(min=1e-6)


def distance(windows_BK2: Tensor, truth_BK2: Tensor) -> Tensor:
    """This will give (B, K): the smooth L1 distance of the ends, in lengths of the true window."""
    length_BK1 = (truth_BK2[..., 1:] - truth_BK2[..., :1]).clamp(min=_SHORTEST)
    apart_BK2 = functional.smooth_l1_loss(windows_BK2 / length_BK1, truth_BK2 / length_BK1, reduction="none")
    return apart_BK2.mean(2)
