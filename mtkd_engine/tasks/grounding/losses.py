"""What a grounding student, its teachers and a learned gate are fitted to."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.nets.grounding import (
    GroundingOutput,
    Map2dOutput,
    ProposalOutput,
    RegressionOutput,
    SpanOutput,
)
from mtkd_engine.nets.masking import masked_log_softmax, upper_triangle
from mtkd_engine.tasks.grounding.belief import joint_scores
from mtkd_engine.tasks.grounding.collate import Targets
from mtkd_engine.tasks.grounding.grid import windows_of_cells
from mtkd_engine.tasks.grounding.proposals import proposal_loss
from mtkd_engine.tasks.grounding.regression import regression_loss

_NO_OVERLAP, _FULL_OVERLAP = 0.3, 0.7
_LEAST = 1.0e-6


def hard_label_loss(output: GroundingOutput, targets: Targets) -> Tensor:
    """This will give the mean loss of a batch against its labels.

    Span logits: cross-entropy of start and end with soft boundary labels, of those true windows of a sample where it
    is least. 2-D maps: binary cross-entropy of every window with its scaled IoU with the nearest true one (2D-TAN
    eq. 3, thresholds 0.3 and 0.7); the cells of the true windows always count as 1, so that windows too short for
    the grid are learned as well. Proposals: see `proposal_loss`. Regressed windows: see
    `regression_loss`.
    """
    if isinstance(output, RegressionOutput):
        return regression_loss(output, targets)
    if isinstance(output, ProposalOutput):
        return proposal_loss(output, targets)
    if isinstance(output, SpanOutput):
        return _boundary_loss(
            masked_log_softmax(output.start_BL, output.clip_mask_BL, dim=1),
            masked_log_softmax(output.end_BL, output.clip_mask_BL, dim=1),
            targets,
        )
    return _map_loss(output, targets)


def distill_loss(student: SpanOutput, target_log_joint_BLL: Tensor, temperature: float) -> Tensor:
    """This will give tau^2 * KL(target_tau || student_tau) over all windows, mean over the batch.

    Both sides are softened once: one masked log-softmax each. The target is detached, the student is not.
    """
    valid_BLL = upper_triangle(student.clip_mask_BL)
    target_BN = _soften(target_log_joint_BLL.detach(), valid_BLL, temperature)
    student_BN = _soften(joint_scores(student), valid_BLL, temperature)
    # Cells that are no windows are -inf on both sides: their difference is not a number, their share is zero.
    apart_BN = (target_BN - student_BN).masked_fill(~valid_BLL.flatten(1), 0.0)
    return temperature**2 * (target_BN.exp() * apart_BN).sum(1).mean()


def gate_loss(mixed_log_joint_BLL: Tensor, targets: Targets) -> Tensor:
    """This will give -log of the probability that the mixed belief puts on and next to the true windows, batch mean.

    A true cell counts whole, an end that is one clip off counts half: a teacher that is right and sharp costs
    nothing, which cross-entropy with soft labels would not grant. Probabilities count as at least 1e-6, smoothly,
    so that no sample on which all teachers are wrong rules the gate. The gradient flows to whatever made the mixture.
    """
    near_start_BML = (2.0 * targets.soft_start_BML).clamp(max=1.0)
    near_end_BML = (2.0 * targets.soft_end_BML).clamp(max=1.0)
    near_BLL = torch.zeros_like(mixed_log_joint_BLL)
    for start_BL, end_BL in zip(near_start_BML.unbind(1), near_end_BML.unbind(1), strict=True):
        near_BLL = torch.maximum(near_BLL, start_BL.unsqueeze(2) * end_BL.unsqueeze(1))
    hit_B = (near_BLL * mixed_log_joint_BLL.exp()).sum((1, 2))
    return -(hit_B + _LEAST).log().mean()


def _boundary_loss(log_start_BL: Tensor, log_end_BL: Tensor, targets: Targets) -> Tensor:
    start_BM = -(targets.soft_start_BML * log_start_BL.unsqueeze(1)).sum(2)
    end_BM = -(targets.soft_end_BML * log_end_BL.unsqueeze(1)).sum(2)
    return (start_BM + end_BM).amin(1).mean()


def _map_loss(output: Map2dOutput, targets: Targets) -> Tensor:
    valid_BLL = upper_triangle(output.clip_mask_BL)
    wanted_BLL = ((_overlaps(output, targets) - _NO_OVERLAP) / (_FULL_OVERLAP - _NO_OVERLAP)).clamp(0.0, 1.0)
    truth_BLL = torch.zeros_like(valid_BLL)
    truth_BLL[torch.arange(len(truth_BLL)).unsqueeze(1), targets.start_BM, targets.end_BM] = True
    wanted_BLL = wanted_BLL.masked_fill(truth_BLL, 1.0)
    loss_BLL = functional.binary_cross_entropy_with_logits(
        output.map_BLL, wanted_BLL.to(output.map_BLL.dtype), reduction="none"
    )
    per_sample_B = loss_BLL.masked_fill(~valid_BLL, 0.0).sum((1, 2)) / valid_BLL.sum((1, 2))
    return per_sample_B.mean()


def _overlaps(output: Map2dOutput, targets: Targets) -> Tensor:
    """IoU in seconds of every cell with the true window that it overlaps most."""
    length = output.clip_mask_BL.shape[1]
    place_L = torch.arange(length, device=output.clip_mask_BL.device)
    cells_BLL2 = windows_of_cells(
        place_L[None, :, None].expand(-1, -1, length),
        place_L[None, None, :].expand(-1, length, -1),
        durations=targets.durations_B[:, None, None],
        clips=targets.clips_B[:, None, None],
    )
    start_BLL, stop_BLL = cells_BLL2.unbind(3)
    best_BLL = torch.zeros_like(start_BLL)
    for truth_B112 in targets.windows_BM2[:, :, None, None].unbind(
        1
    ):  # at once they would take M times the memory
        from_B11, to_B11 = truth_B112.unbind(3)
        shared_BLL = torch.minimum(stop_BLL, to_B11) - torch.maximum(start_BLL, from_B11)
        hull_BLL = torch.maximum(stop_BLL, to_B11) - torch.minimum(start_BLL, from_B11)
        best_BLL = torch.maximum(best_BLL, shared_BLL / hull_BLL)
    return best_BLL


def _soften(scores_BLL: Tensor, valid_BLL: Tensor, temperature: float) -> Tensor:
    return torch.log_softmax((scores_BLL / temperature).masked_fill(~valid_BLL, -torch.inf).flatten(1), dim=1)
