"""Decoupled knowledge distillation: the true class and all others apart (Zhao et al. 2022, arXiv 2203.08679).

With b = (p_y, 1 - p_y) and q the probabilities of the other classes among themselves, both softened at T,
DKD = T^2 (alpha KL(b_teacher || b_student) + beta KL(q_teacher || q_student)). KD is the case alpha = 1 and
beta = 1 - p_y of the teacher.

Shape suffixes: B samples, C classes, T teachers.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.spec.classification.methods import DkdLossSpec


@dataclass(frozen=True)
class _Parts:
    """Log-probabilities: of the label, of all others together, and of each among the others (0 for the label)."""

    label_B: Tensor
    rest_B: Tensor
    others_BC: Tensor

    @classmethod
    def of(cls, logits_BC: Tensor, labels_B: Tensor, *, temperature: float) -> _Parts:
        log_BC = torch.log_softmax(logits_BC.float() / temperature, dim=1)
        own_B1 = labels_B.unsqueeze(1)
        without_BC = log_BC.scatter(1, own_B1, -torch.inf)
        rest_B = without_BC.logsumexp(1)
        # The label has no share among the others; 0 is finite where -inf times no share would be nan.
        others_BC = (log_BC - rest_B.unsqueeze(1)).scatter(1, own_B1, 0.0)
        return cls(log_BC.gather(1, own_B1).squeeze(1), rest_B, others_BC)

    def shares(self, labels_B: Tensor) -> Tensor:
        """This will give the probabilities of the others among themselves, 0 for the label."""
        return self.others_BC.exp().scatter(1, labels_B.unsqueeze(1), 0.0)


def dkd(
    logits_BC: Tensor, log_probs_BC: Tensor, labels_B: Tensor, *, temperature: float, spec: DkdLossSpec
) -> Tensor:
    """This will give the loss of each sample against one belief that is not softened yet, (B,)."""
    weights_B1 = torch.ones_like(logits_BC[:, :1], dtype=torch.float32)
    return dkd_of_several(
        logits_BC, log_probs_BC.unsqueeze(0), weights_B1, labels_B, temperature=temperature, spec=spec
    )


def dkd_of_several(
    logits_BC: Tensor,
    log_probs_TBC: Tensor,
    weights_BT: Tensor,
    labels_B: Tensor,
    *,
    temperature: float,
    spec: DkdLossSpec,
) -> Tensor:
    """This will give sum over t of w_t DKD_t of each sample, (B,).

    Both divergences are linear in what the teacher says but for its own entropy, so one mixture of the b's and one of
    the q's is all that is kept for the backward pass. The gradient flows to the logits and the weights.
    """
    student = _Parts.of(logits_BC, labels_B, temperature=temperature)
    nothing_B = torch.zeros_like(student.label_B)
    label_B, rest_B, target_B, among_B = nothing_B, nothing_B, nothing_B, nothing_B
    others_BC = torch.zeros_like(student.others_BC)
    for log_BC, weight_B in zip(log_probs_TBC, weights_BT.unbind(1), strict=True):
        teacher = _Parts.of(log_BC, labels_B, temperature=temperature)
        is_B, is_not_B, shares_BC = teacher.label_B.exp(), teacher.rest_B.exp(), teacher.shares(labels_B)
        label_B = label_B + weight_B * is_B
        rest_B = rest_B + weight_B * is_not_B
        others_BC = torch.addcmul(others_BC, shares_BC, weight_B.unsqueeze(1))
        target_B = target_B + weight_B * (is_B * teacher.label_B + is_not_B * teacher.rest_B)
        among_B = among_B + weight_B * (shares_BC * teacher.others_BC).sum(1)
    target_B = target_B - (label_B * student.label_B + rest_B * student.rest_B)
    among_B = among_B - (others_BC * student.others_BC).sum(1)
    return temperature**2 * (spec.target * target_B + spec.others * among_B)


def warm_up(spec: DkdLossSpec, *, epoch: int) -> float:
    """This will give the factor of the loss in an epoch, counted from 1: it grows evenly until `warmup_epochs`."""
    return min(epoch / spec.warmup_epochs, 1.0) if spec.warmup_epochs else 1.0
