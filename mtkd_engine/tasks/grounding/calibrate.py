"""One temperature per teacher, so that its scale never decides its weight."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from mtkd_engine.nets.grounding import GroundingOutput
from mtkd_engine.nets.masking import upper_triangle
from mtkd_engine.tasks.grounding.belief import joint_scores
from mtkd_engine.tasks.grounding.collate import Targets

_SHARPEST, _FLATTEST = 0.05, 20.0
_ROUNDS = 40
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@torch.no_grad()
def fit_temperature(batches: Sequence[tuple[GroundingOutput, Targets]]) -> float:
    """This will find the temperature under which the true windows of held-out samples are likeliest.

    It lies between 0.05 and 20 times the spread (mean standard deviation over windows) of the teacher's own
    logits, so that logits multiplied by c get exactly c times the temperature and the same Belief.
    """
    scores = [joint_scores(output).double() for output, _ in batches]
    valid = [upper_triangle(output.clip_mask_BL) for output, _ in batches]
    spread = _spread(scores, valid)
    filled = [
        score.masked_fill(~mask, -torch.inf).flatten(1) for score, mask in zip(scores, valid, strict=True)
    ]
    truth = [
        (targets.start_B * output.clip_mask_BL.shape[1] + targets.end_B).unsqueeze(1)
        for output, targets in batches
    ]

    def negative_log_likelihood(log_temperature: float) -> float:
        total, count = 0.0, 0
        for filled_BN, truth_B1 in zip(filled, truth, strict=True):
            log_BN = torch.log_softmax(filled_BN / (spread * math.exp(log_temperature)), dim=1)
            total -= float(log_BN.gather(1, truth_B1).sum())
            count += len(truth_B1)
        return total / max(count, 1)

    return spread * math.exp(
        _golden_section(negative_log_likelihood, math.log(_SHARPEST), math.log(_FLATTEST))
    )


def _spread(scores: Sequence[Tensor], valid: Sequence[Tensor]) -> float:
    deviations: list[Tensor] = []
    for score_BLL, valid_BLL in zip(scores, valid, strict=True):
        count_B = valid_BLL.sum((1, 2))
        kept_BLL = score_BLL.masked_fill(~valid_BLL, 0.0)
        mean_B = kept_BLL.sum((1, 2)) / count_B
        away_BLL = (score_BLL - mean_B[:, None, None]).masked_fill(~valid_BLL, 0.0)
        deviations.append((away_BLL.square().sum((1, 2)) / count_B).sqrt())
    spread = float(torch.cat(deviations).mean())
    return spread if spread > 0.0 else 1.0


def _golden_section(function: Callable[[float], float], low: float, high: float) -> float:
    """The minimum of a function with one valley (the likelihood is concave in 1 / temperature)."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(_ROUNDS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2.0
