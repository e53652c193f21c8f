"""Correlations in place of divergences (DIST, Huang et al. 2022, arXiv 2205.10536).

With p and s the softened probabilities of teacher and student, (B, C), and rho Pearson's correlation,
DIST = T^2 (beta mean over rows of (1 - rho(p_b, s_b)) + gamma mean over columns of (1 - rho(p_c, s_c))).

Shape suffixes: B samples, C classes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.spec.classification.methods import DistLossSpec

_LEAST = 1.0e-12


def dist(logits_BC: Tensor, log_probs_BC: Tensor, *, temperature: float, spec: DistLossSpec) -> Tensor:
    """This will give the loss of each sample against one belief that is not softened yet, (B,).

    The mean over the batch is the paper's loss. Columns run over the whole batch, so their part is the same for every
    sample; weighed per sample, a teacher's columns count by its mean weight. Departure: 1e-12 is added to each
    variance in place of 1e-8 to the product of norms, so that rows without any spread have a bounded gradient.
    """
    student_BC = torch.softmax(logits_BC.float() / temperature, dim=1)
    teacher_BC = torch.softmax(log_probs_BC.float() / temperature, dim=1)
    rows_B = 1.0 - _correlation(teacher_BC, student_BC, dim=1)
    columns = (1.0 - _correlation(teacher_BC, student_BC, dim=0)).mean()
    return temperature**2 * (spec.between * rows_B + spec.within * columns)


def _correlation(one: Tensor, other: Tensor, *, dim: int) -> Tensor:
    first, second = one - one.mean(dim, keepdim=True), other - other.mean(dim, keepdim=True)
    norms = (first.square().sum(dim) + _LEAST).sqrt() * (second.square().sum(dim) + _LEAST).sqrt()
    return (first * second).sum(dim) / norms
