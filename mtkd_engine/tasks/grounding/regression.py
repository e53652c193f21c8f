"""What regressed windows are fitted to: the true window that their clip lies in, and how near they come to it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.nets.grounding import RegressionOutput
from mtkd_engine.tasks.grounding.collate import Targets
from mtkd_engine.tasks.grounding.proposals import distance, nearness

_NONE = 2.0  # longer than any true window, as a share of the duration


def regression_loss(output: RegressionOutput, targets: Targets) -> Tensor:
    """This will give the mean loss of a batch of windows, one a clip, against all true windows of each sample.

    Zeng et al., CVPR 2020 (DRN, eq. 3 to 6). Ends: for clips inside a true window, 1 - IoU with it and a smooth L1
    distance in its lengths; a clip inside several belongs to the shortest. Scores: binary cross-entropy with that
    IoU, 0 for clips outside. Departures: 1 - IoU for -log IoU, whose gradient has no bound, and below 0 where windows
    do not meet; the L1 distance, without which ends that lie wrong on both sides alike stay; one score trained with
    the IoU as its target for matching score and predicted IoU apart, so that the three stages of training become one.
    Each true window has the clips of its cells on the grid, so also the shortest has one.
    """
    truths_BM2 = (targets.windows_BM2 / targets.durations_B[:, None, None]).clamp(0.0, 1.0)
    truths_BM2 = truths_BM2.to(output.windows_BK2.dtype)
    inside_BLM = _inside(output, targets)
    length_BM = truths_BM2[..., 1] - truths_BM2[..., 0]
    which_BL = length_BM.unsqueeze(1).masked_fill(~inside_BLM, _NONE).argmin(2)
    inside_BL = inside_BLM.any(2)
    near_BL = nearness(output.windows_BK2, truths_BM2).gather(2, which_BL.unsqueeze(2)).squeeze(2)
    truth_BL2 = truths_BM2.gather(1, which_BL.unsqueeze(2).expand(-1, -1, 2))
    ends_BL = (1.0 - near_BL) + distance(output.windows_BK2, truth_BL2)
    wanted_BL = near_BL.detach().clamp(0.0, 1.0).masked_fill(~inside_BL, 0.0)
    scores_BL = functional.binary_cross_entropy_with_logits(output.scores_BK, wanted_BL, reduction="none")
    per_hit_B = scores_BL.masked_fill(~output.valid_BK, 0.0).sum(1) / inside_BL.sum(1)
    per_end_B = ends_BL.masked_fill(~inside_BL, 0.0).sum(1) / inside_BL.sum(1)
    return (per_hit_B + per_end_B).mean()


def _inside(output: RegressionOutput, targets: Targets) -> Tensor:
    """Which clips lie in which true window, (B, L, M)."""
    place_1L1 = torch.arange(output.clip_mask_BL.shape[1], device=output.clip_mask_BL.device)[None, :, None]
    first_B1M, last_B1M = targets.start_BM.unsqueeze(1), targets.end_BM.unsqueeze(1)
    return (place_1L1 >= first_B1M) & (place_1L1 <= last_B1M)
