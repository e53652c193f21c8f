"""How much each stream's logits count: fitted on samples that nobody was trained on.

The mean log-likelihood of sum_i w_i z_i is concave in w, so its maximum over the simplex is one number, whatever the
way there. Here weight moves from one stream to another, by the best amount for each pair, until no move helps.
Shape suffixes: N samples, C classes, S streams.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import torch
from torch import Tensor

GAP = 1.0e-9
"""Nats that the likelihood may stay below its maximum; of steeper ones so much of the steepness."""
_ROUNDS = 200
_STEPS = 60
_SAME = 1.0e-12


@torch.no_grad()
def fit_fusion(logits_by_stream: Mapping[str, Tensor], labels_N: Tensor) -> dict[str, float]:
    """This will give each stream's share, all together 1, with which the mixed logits (N, C) are likeliest.

    The same numbers give the same shares; a stream that only does harm gets exactly none.
    """
    assert logits_by_stream, "given no stream"
    logits_SNC = torch.stack([logits.detach().double().cpu() for logits in logits_by_stream.values()])
    labels_N1 = labels_N.cpu().long().unsqueeze(1)
    count = len(logits_SNC)
    weights_S = torch.full((count,), 1.0 / count, dtype=torch.float64)
    for _ in range(_ROUNDS):
        slopes_S = _slopes(weights_S, logits_SNC, labels_N1)
        # By concavity no weights are better than these by more than this.
        gap = float(slopes_S.max() - (weights_S * slopes_S).sum())
        if gap <= GAP * max(1.0, float(slopes_S.abs().max())):
            break
        for giver, taker in permutations(range(count), 2):
            weights_S = _moved(weights_S, logits_SNC, labels_N1, giver=giver, taker=taker)
    return dict(zip(logits_by_stream, weights_S.tolist(), strict=True))


def _slopes(weights_S: Tensor, logits_SNC: Tensor, labels_N1: Tensor) -> Tensor:
    """The derivative of the mean log-likelihood by each weight."""
    probabilities_NC = torch.einsum("s,snc->nc", weights_S, logits_SNC).softmax(1)
    expected_SN = (probabilities_NC * logits_SNC).sum(2)
    true_SN = logits_SNC.gather(2, labels_N1.expand(len(logits_SNC), -1, 1)).squeeze(2)
    return (true_SN - expected_SN).mean(1)


def _moved(weights_S: Tensor, logits_SNC: Tensor, labels_N1: Tensor, *, giver: int, taker: int) -> Tensor:
    """The weights after the amount that helps most went from one stream to another."""
    mixed_NC = torch.einsum("s,snc->nc", weights_S, logits_SNC)
    way_NC = logits_SNC[taker] - logits_SNC[giver]
    amount = _best_amount(mixed_NC, way_NC, labels_N1, most=float(weights_S[giver]))
    moved_S = weights_S.clone()
    moved_S[giver] -= amount
    moved_S[taker] += amount
    return moved_S


def _best_amount(mixed_NC: Tensor, way_NC: Tensor, labels_N1: Tensor, *, most: float) -> float:
    """Newton's steps from 0 to `most`, halving where one leaves what is known to hold the best."""
    if _slope_and_bend(mixed_NC, way_NC, labels_N1, 0.0)[0] <= 0:
        return 0.0
    if _slope_and_bend(mixed_NC, way_NC, labels_N1, most)[0] >= 0:
        return most
    low, high, amount = 0.0, most, most / 2
    for _ in range(_STEPS):
        slope, bend = _slope_and_bend(mixed_NC, way_NC, labels_N1, amount)
        low, high = (amount, high) if slope > 0 else (low, amount)
        step = amount + slope / bend if bend > 0 else low
        before, amount = amount, step if low < step < high else (low + high) / 2
        if abs(amount - before) <= _SAME:
            break
    return amount


def _slope_and_bend(
    mixed_NC: Tensor, way_NC: Tensor, labels_N1: Tensor, amount: float
) -> tuple[float, float]:
    """How fast the likelihood rises on the way, and how fast that rise falls."""
    probabilities_NC = (mixed_NC + amount * way_NC).softmax(1)
    expected_N = (probabilities_NC * way_NC).sum(1)
    true_N = way_NC.gather(1, labels_N1).squeeze(1)
    spread_N = (probabilities_NC * way_NC.square()).sum(1) - expected_N.square()
    return float((true_N - expected_N).mean()), float(spread_N.mean())
