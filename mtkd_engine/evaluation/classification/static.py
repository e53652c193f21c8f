"""One weight per teacher, fitted to the likelihood of labels: the control that every gate has to beat.

Shape suffixes: N samples, T teachers, C classes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassSignals

ROUNDS = 2000
SETTLED = 1e-7
LEAST = 1e-12
"""Probability of the truth below which a teacher's miss weighs no heavier."""


def truths_of(signals: ClassSignals, labels_N: Tensor) -> Tensor:
    """This will give each teacher's probability of the true class, (N, T), float64."""
    picked_TN = signals.log_probs_TBC.gather(
        2, labels_N.cpu().view(1, -1, 1).expand(len(signals.names), -1, 1)
    ).squeeze(2)
    return picked_TN.T.double().exp()


def fit_static(truths_NT: Tensor) -> Tensor:
    """This will find the weights (T,), sum 1, under which the mixed belief makes the labels likeliest.

    The linear opinion pool (Stone, 1961); its log-likelihood is concave in the weights, and the steps of
    expectation-maximisation rise to its maximum from uniform weights, the same bits every time. A teacher that never
    helps ends at 0.
    """
    likely_NT = truths_NT.double().clamp_min(LEAST)
    weights_T = torch.full((likely_NT.shape[1],), 1.0 / likely_NT.shape[1], dtype=torch.float64)
    for _ in range(ROUNDS):
        shares_NT = likely_NT * weights_T
        fresh_T = (shares_NT / shares_NT.sum(1, keepdim=True)).mean(0)
        moved = float((fresh_T - weights_T).abs().max())
        weights_T = fresh_T
        if moved < SETTLED:
            break
    return weights_T
