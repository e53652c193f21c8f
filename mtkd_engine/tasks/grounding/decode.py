"""From beliefs to windows in seconds."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.tasks.grounding.grid import windows_of_cells


def best_windows(log_joint_BLL: Tensor, *, clips_B: Tensor, durations_B: Tensor) -> Tensor:
    """This will give the likeliest window of each sample in seconds, (B, 2) float64."""
    length = log_joint_BLL.shape[1]
    cell_B = log_joint_BLL.flatten(1).argmax(1)
    return windows_of_cells(cell_B // length, cell_B % length, durations=durations_B, clips=clips_B)


def top_windows(
    log_joint_BLL: Tensor, *, clips_B: Tensor, durations_B: Tensor, k: int = 5
) -> tuple[Tensor, Tensor]:
    """This will give the k likeliest windows, (B, K, 2) seconds, best first, and their probabilities (B, K).

    A grid with fewer than k windows repeats its best one with probability 0.
    """
    length = log_joint_BLL.shape[1]
    ranked_BN, order_BN = log_joint_BLL.flatten(1).sort(dim=1, descending=True, stable=True)
    place_K = torch.arange(k, device=order_BN.device)
    missing_BK = place_K >= (clips_B * (clips_B + 1) // 2).unsqueeze(1)
    place_BK = place_K.expand_as(missing_BK).masked_fill(missing_BK, 0)
    cells_BK = order_BN.gather(1, place_BK)
    scores_BK = ranked_BN.gather(1, place_BK).exp().masked_fill(missing_BK, 0.0)
    windows_BK2 = windows_of_cells(
        cells_BK // length, cells_BK % length, durations=durations_B[:, None], clips=clips_B[:, None]
    )
    return windows_BK2, scores_BK


def weighted_medoid(windows_TB2: Tensor, weights_BT: Tensor) -> Tensor:
    """This will give, of the teachers' exact windows, the one that agrees most with all of them, (B, 2).

    Agreement is the weighted sum of IoU with every teacher's window, its own included; the first of equals
    wins.
    """
    windows_BT2 = windows_TB2.transpose(0, 1)
    agreement_BT = (pairwise_iou(windows_BT2) @ weights_BT.to(windows_BT2.dtype).unsqueeze(2)).squeeze(2)
    chosen_B = agreement_BT.argmax(1)
    return windows_BT2[torch.arange(len(chosen_B), device=chosen_B.device), chosen_B]


def pairwise_iou(windows_BT2: Tensor) -> Tensor:
    """This will give the IoU of every pair of windows of a sample, (B, T, T); 0 where the union is 0."""
    return iou_of(windows_BT2.unsqueeze(2), windows_BT2.unsqueeze(1))


def iou_of(windows: Tensor, others: Tensor) -> Tensor:
    """This will give the IoU of windows (..., 2) with windows (..., 2), broadcast; 0 where the union is 0."""
    (start, end), (other_start, other_end) = windows.unbind(-1), others.unbind(-1)
    shared = (torch.minimum(end, other_end) - torch.maximum(start, other_start)).clamp(min=0.0)
    lengths = (end - start).clamp(min=0.0) + (other_end - other_start).clamp(min=0.0)
    union = lengths - shared
    return torch.where(union > 0, shared / union.clamp(min=1e-300), 0.0)
