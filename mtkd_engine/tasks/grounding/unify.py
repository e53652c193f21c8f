"""From any teacher's output on any clip grid to one Belief on the student's grid."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.nets.grounding import GroundingOutput, ProposalOutput
from mtkd_engine.nets.masking import NEG, upper_triangle
from mtkd_engine.tasks.grounding.belief import FLOOR, Belief, log_joint, normalise
from mtkd_engine.tasks.grounding.decode import top_windows
from mtkd_engine.tasks.grounding.grid import clip_mask, nearest_cells
from mtkd_engine.tasks.grounding.windows import in_seconds, unify_windows

__all__ = ["FLOOR", "NEG", "Belief", "regrid", "unify"]

_MARGIN = 1.0e-3


@torch.no_grad()
def unify(
    output: GroundingOutput,
    *,
    temperature: float,
    durations_B: Tensor,
    student_clips_B: Tensor,
    student_length: int,
    top_k: int = 5,
) -> Belief:
    """This will turn a teacher's output into a Belief on the student's grid.

    `temperature` is the teacher's calibrated one. The teacher's best window moves by at most half a student
    clip at each end, unless it is shorter than one, which it then becomes. Equal grids change nothing. Proposals
    have no grid; they go by `unify_windows`.
    """
    if isinstance(output, ProposalOutput):
        scored = in_seconds(output, durations_B)
        return unify_windows(
            scored.windows_BK2,
            scored.scores_BK,
            scored.valid_BK,
            temperature=temperature,
            durations_B=durations_B,
            student_clips_B=student_clips_B,
            student_length=student_length,
            top_k=top_k,
        )
    teacher_BLL = log_joint(output, temperature=temperature)
    teacher_clips_B = output.clip_mask_BL.sum(1)
    windows_BK2, scores_BK = top_windows(
        teacher_BLL, clips_B=teacher_clips_B, durations_B=durations_B, k=top_k
    )
    student_BLL = regrid(
        teacher_BLL, from_clips_B=teacher_clips_B, to_clips_B=student_clips_B, to_length=student_length
    )
    return Belief(student_BLL, windows_BK2, scores_BK)


def regrid(log_joint_BLL: Tensor, *, from_clips_B: Tensor, to_clips_B: Tensor, to_length: int) -> Tensor:
    """This will bring joints from one clip grid to another by time, and normalise them.

    To a coarser grid each cell takes the best of the windows that fall into it; to a finer one the log-
    density is interpolated. In both the best window stays the best.
    """
    valid_BLL = upper_triangle(clip_mask(to_clips_B, to_length))
    same_B = from_clips_B == to_clips_B
    finer_B = to_clips_B > from_clips_B
    result_BLL = _coarsen(log_joint_BLL, from_clips_B, to_clips_B, to_length)
    if bool(finer_B.any()):
        refined_BLL = _refine(log_joint_BLL, from_clips_B, to_clips_B, to_length)
        result_BLL = torch.where(finer_B[:, None, None], refined_BLL, result_BLL)
    pinned_BLL = _pin_best(result_BLL, log_joint_BLL, from_clips_B, to_clips_B)
    # Equal grids are copied, not normalised again: rounding must not touch them.
    return torch.where(same_B[:, None, None], result_BLL, normalise(pinned_BLL, valid_BLL))


def _coarsen(log_joint_BLL: Tensor, from_clips_B: Tensor, to_clips_B: Tensor, to_length: int) -> Tensor:
    batch, length, _ = log_joint_BLL.shape
    place_L = torch.arange(length, device=log_joint_BLL.device)
    first_BLL, last_BLL = nearest_cells(
        place_L[None, :, None],
        place_L[None, None, :],
        from_clips=from_clips_B[:, None, None],
        to_clips=to_clips_B[:, None, None],
    )
    # Cells that are no windows hold NEG and so win nowhere; they only need an index that exists.
    limit = to_length - 1
    target_BN = (first_BLL.clamp(0, limit) * to_length + last_BLL.clamp(0, limit)).flatten(1)
    empty_BN = log_joint_BLL.new_full((batch, to_length * to_length), NEG)
    return empty_BN.scatter_reduce(1, target_BN, log_joint_BLL.flatten(1), "amax").view(
        batch, to_length, to_length
    )


def _refine(log_joint_BLL: Tensor, from_clips_B: Tensor, to_clips_B: Tensor, to_length: int) -> Tensor:
    """Bilinear interpolation over (start, end) boundaries; corners that are no windows do not count."""
    place_L = torch.arange(to_length, device=log_joint_BLL.device, dtype=torch.float64)
    ratio_B1 = (from_clips_B.double() / to_clips_B.double()).unsqueeze(1)
    start_BL = torch.minimum(place_L * ratio_B1, (from_clips_B - 1).double().unsqueeze(1))
    stop_BL = ((place_L + 1) * ratio_B1).clamp(min=1.0)
    total_BLL = log_joint_BLL.new_zeros(len(log_joint_BLL), to_length, to_length)
    share_BLL = torch.zeros_like(total_BLL)
    for first_BL, first_share_BL in _neighbours(start_BL):
        for stop_at_BL, stop_share_BL in _neighbours(stop_BL):
            value_BLL = _cells(log_joint_BLL, first_BL, stop_at_BL - 1)
            weight_BLL = (first_share_BL.unsqueeze(2) * stop_share_BL.unsqueeze(1)).to(value_BLL.dtype)
            weight_BLL = weight_BLL * (value_BLL > NEG)
            total_BLL += weight_BLL * value_BLL
            share_BLL += weight_BLL
    return torch.where(share_BLL > 0, total_BLL / share_BLL.clamp(min=1e-12), NEG)


def _neighbours(place_BL: Tensor) -> list[tuple[Tensor, Tensor]]:
    below_BL = place_BL.floor()
    above_share_BL = place_BL - below_BL
    return [(below_BL.long(), 1.0 - above_share_BL), (below_BL.long() + 1, above_share_BL)]


def _cells(log_joint_BLL: Tensor, first_BL: Tensor, last_BL: Tensor) -> Tensor:
    limit = log_joint_BLL.shape[1] - 1
    index_B = torch.arange(len(log_joint_BLL), device=log_joint_BLL.device)[:, None, None]
    return log_joint_BLL[index_B, first_BL.clamp(0, limit).unsqueeze(2), last_BL.clamp(0, limit).unsqueeze(1)]


def _pin_best(student_BLL: Tensor, teacher_BLL: Tensor, from_clips_B: Tensor, to_clips_B: Tensor) -> Tensor:
    """Lift the cell of the teacher's best window just above all others, unless it leads already."""
    best_B = teacher_BLL.flatten(1).argmax(1)
    length, to_length = teacher_BLL.shape[1], student_BLL.shape[1]
    first_B, last_B = nearest_cells(
        best_B // length, best_B % length, from_clips=from_clips_B, to_clips=to_clips_B
    )
    cell_B1 = (first_B * to_length + last_B).unsqueeze(1)
    flat_BN = student_BLL.flatten(1)
    others_BN = flat_BN.scatter(1, cell_B1, NEG)
    lifted_B1 = torch.maximum(flat_BN.gather(1, cell_B1), others_BN.amax(1, keepdim=True) + _MARGIN)
    return flat_BN.scatter(1, cell_B1, lifted_B1).view_as(student_BLL)
