"""Scored windows in seconds, of a proposal network or a file of predictions, as one Belief.

Every window spreads its probability over the cells of the student's grid around it, falling by e with every half
clip that an end is away; a belief of few windows so says "almost there" of its neighbours, and no cell that a
student may believe in has no target at all. Start and end spread together, window by window: they are never
taken apart and recombined, which loses accuracy, and the best window's own cell is kept the likeliest.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.nets.grounding import ProposalOutput
from mtkd_engine.nets.masking import masked_softmax, upper_triangle
from mtkd_engine.tasks.grounding.belief import Belief, normalise
from mtkd_engine.tasks.grounding.collate import Targets
from mtkd_engine.tasks.grounding.grid import cells_of_windows, clip_mask

_REACH = 0.5
_MARGIN = 1.0e-3


@dataclass(frozen=True)
class ScoredWindows:
    """Windows of a batch in seconds with their logits or log-probabilities (finite), K a sample at most."""

    windows_BK2: Tensor
    scores_BK: Tensor
    valid_BK: Tensor


def in_seconds(output: ProposalOutput, durations_B: Tensor) -> ScoredWindows:
    """This will give a network's proposals in seconds (float64), the gradient kept."""
    windows_BK2 = output.windows_BK2.double() * durations_B.double()[:, None, None]
    return ScoredWindows(windows_BK2, output.scores_BK, output.valid_BK)


@torch.no_grad()
def unify_windows(
    windows_BK2: Tensor,
    scores_BK: Tensor,
    valid_BK: Tensor,
    *,
    temperature: float,
    durations_B: Tensor,
    student_clips_B: Tensor,
    student_length: int,
    top_k: int = 5,
) -> Belief:
    """This will turn scored windows in seconds into a Belief on the student's grid.

    Scores are logits or log-probabilities; divided by `temperature`, their softmax over the valid windows of a
    sample are the windows' probabilities. The best window moves by at most half a student clip at each end,
    unless it is shorter than one, which it then becomes; beside the joint, the best `top_k` keep their exact
    seconds, cut at the ends of the video. A sample with fewer repeats its best with probability 0. A sample
    with none believes in all windows alike, and names the whole video with probability 0.
    """
    windows_BK2 = _inside(windows_BK2, valid_BK, durations_B)
    share_BK = masked_softmax(scores_BK.double() / temperature, valid_BK, dim=1)
    best_BK2, best_share_BK = _ranked(windows_BK2, share_BK, valid_BK, durations_B=durations_B, k=top_k)
    valid_BLL = upper_triangle(clip_mask(student_clips_B, student_length))
    start_BKL, stop_BKL = _spread(
        windows_BK2, durations_B=durations_B, clips_B=student_clips_B, length=student_length
    )
    mass_BLL = torch.einsum("bk,bks,bke->bse", share_BK, start_BKL, stop_BKL).masked_fill(~valid_BLL, 0.0)
    pinned_BLL = _pinned(mass_BLL.log(), best_BK2[:, 0], durations_B=durations_B, clips_B=student_clips_B)
    speaks_B11 = valid_BK.any(1)[:, None, None]
    joint_BLL = normalise(pinned_BLL.masked_fill(~speaks_B11, 0.0), valid_BLL)
    return Belief(joint_BLL.float(), best_BK2, best_share_BK.float())


@torch.no_grad()
def truth_shares(scored: ScoredWindows, targets: Targets) -> Tensor:
    """This will give, (B, K), how much of each window's own mass lies on the cells of the true windows.

    Together with the windows' probabilities this is the probability that the Belief gives to the truth (its best
    cell not yet lifted above others), on the clip grid of the targets.
    """
    windows_BK2 = _inside(scored.windows_BK2, scored.valid_BK, targets.durations_B)
    batch, _, length = targets.soft_start_BML.shape
    start_BKL, stop_BKL = _spread(
        windows_BK2, durations_B=targets.durations_B, clips_B=targets.clips_B, length=length
    )
    hit_BLL = torch.zeros(batch, length, length, dtype=start_BKL.dtype, device=start_BKL.device)
    row_B1 = torch.arange(batch, device=hit_BLL.device).unsqueeze(1)
    hit_BLL[row_B1, targets.start_BM, targets.end_BM] = 1.0
    return ((start_BKL @ hit_BLL) * stop_BKL).sum(2)


def _inside(windows_BK2: Tensor, valid_BK: Tensor, durations_B: Tensor) -> Tensor:
    # What stands in for a missing window, even NaN, must not reach a product.
    windows_BK2 = windows_BK2.masked_fill(~valid_BK.unsqueeze(2), 0.0)
    limit_B11 = durations_B.double()[:, None, None]
    return torch.minimum(windows_BK2.double().clamp(min=0.0), limit_B11)


def _ranked(
    windows_BK2: Tensor, share_BK: Tensor, valid_BK: Tensor, *, durations_B: Tensor, k: int
) -> tuple[Tensor, Tensor]:
    """The k likeliest windows and their probabilities, best first; the first of equals wins."""
    order_BK = share_BK.masked_fill(~valid_BK, -1.0).sort(dim=1, descending=True, stable=True).indices
    place_K = torch.arange(k, device=share_BK.device)
    missing_BK = place_K >= valid_BK.sum(1, keepdim=True)
    chosen_BK = order_BK.gather(1, place_K.clamp(max=order_BK.shape[1] - 1).expand_as(missing_BK))
    chosen_BK = torch.where(missing_BK, order_BK[:, :1], chosen_BK)
    best_BK2 = windows_BK2.gather(1, chosen_BK.unsqueeze(2).expand(-1, -1, 2))
    whole_B12 = torch.stack([torch.zeros_like(durations_B), durations_B], dim=1).double().unsqueeze(1)
    best_BK2 = torch.where(valid_BK.any(1)[:, None, None], best_BK2, whole_B12)
    return best_BK2, share_BK.gather(1, chosen_BK).masked_fill(missing_BK, 0.0)


def _spread(
    windows_BK2: Tensor, *, durations_B: Tensor, clips_B: Tensor, length: int
) -> tuple[Tensor, Tensor]:
    """Two factors, (B, K, L) each, whose products over the cells of the grid sum to 1 for every window."""
    scale_B11 = (clips_B.double() / durations_B.double())[:, None, None]
    ends_BK2 = windows_BK2 * scale_B11
    place_L = torch.arange(length, device=windows_BK2.device, dtype=torch.float64)
    real_B1L = clip_mask(clips_B, length).unsqueeze(1)
    start_BKL = (-(place_L - ends_BK2[..., :1]).abs() / _REACH).exp() * real_B1L
    stop_BKL = (-(place_L + 1 - ends_BK2[..., 1:]).abs() / _REACH).exp() * real_B1L
    total_BK1 = (start_BKL.cumsum(2) * stop_BKL).sum(2, keepdim=True)
    return start_BKL / total_BK1, stop_BKL


def _pinned(log_BLL: Tensor, best_B2: Tensor, *, durations_B: Tensor, clips_B: Tensor) -> Tensor:
    """The cell of the best window just above all others, unless it leads already."""
    length = log_BLL.shape[1]
    first_B, last_B = cells_of_windows(best_B2, durations_B=durations_B, clips_B=clips_B)
    cell_B1 = (first_B * length + last_B).unsqueeze(1)
    flat_BN = log_BLL.flatten(1)
    others_B1 = flat_BN.scatter(1, cell_B1, -torch.inf).amax(1, keepdim=True)
    lifted_B1 = torch.maximum(flat_BN.gather(1, cell_B1), others_B1 + _MARGIN)
    return flat_BN.scatter(1, cell_B1, lifted_B1).view_as(log_BLL)
