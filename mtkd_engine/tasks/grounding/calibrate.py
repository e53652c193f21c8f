"""One temperature per teacher, so that its scale never decides its weight."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from mtkd_engine.nets.grounding import DenseOutput, GroundingOutput, ProposalOutput
from mtkd_engine.nets.masking import masked_softmax, upper_triangle
from mtkd_engine.tasks.grounding.belief import joint_scores
from mtkd_engine.tasks.grounding.collate import Targets
from mtkd_engine.tasks.grounding.windows import ScoredWindows, in_seconds, truth_shares
from mtkd_engine.tasks.valley import golden_section

_SHARPEST, _FLATTEST = 0.05, 20.0
_PLACES = 30
_LEAST = 1.0e-6


@torch.no_grad()
def fit_temperature(batches: Sequence[tuple[GroundingOutput, Targets]]) -> float:
    """This will find the temperature under which the true windows of held-out samples are likeliest.

    It lies between 0.05 and 20 times the spread (mean standard deviation over windows) of the teacher's own
    logits, so that logits multiplied by c get exactly c times the temperature and the same Belief. All batches
    come from one teacher; one that proposes windows is fitted by `fit_window_temperature`.
    """
    proposed = [
        (in_seconds(output, targets.durations_B), targets)
        for output, targets in batches
        if isinstance(output, ProposalOutput)
    ]
    if proposed:
        return fit_window_temperature(proposed)
    return _fit_dense(
        [(output, targets) for output, targets in batches if not isinstance(output, ProposalOutput)]
    )


@torch.no_grad()
def fit_window_temperature(batches: Sequence[tuple[ScoredWindows, Targets]]) -> float:
    """This will find the temperature under which scored windows make the true windows likeliest.

    The likelihood is that of the Belief on the clip grid of the targets: the probability of the cells of all
    true windows, a window's mass spread as `unify_windows` does, the best cell not lifted. It counts as at least
    1e-6, smoothly, so that samples for which no window comes near the truth do not rule. Bounds and scaling are
    those of `fit_temperature`. Samples without a window have no say.
    """
    scores = [scored.scores_BK.double() for scored, _ in batches]
    valid = [scored.valid_BK for scored, _ in batches]
    shares = [truth_shares(scored, targets) for scored, targets in batches]
    spread = _spread(scores, valid)

    def negative_log_likelihood(log_temperature: float) -> float:
        total, count = 0.0, 0
        for score_BK, valid_BK, share_BK in zip(scores, valid, shares, strict=True):
            speaks_B = valid_BK.any(1)
            weight_BK = masked_softmax(score_BK / (spread * math.exp(log_temperature)), valid_BK, dim=1)
            hit_B = (weight_BK * share_BK).sum(1)[speaks_B]
            total -= float((hit_B + _LEAST).log().sum())
            count += len(hit_B)
        return total / max(count, 1)

    return spread * math.exp(_lowest(negative_log_likelihood))


def _fit_dense(batches: Sequence[tuple[DenseOutput, Targets]]) -> float:
    scores = [joint_scores(output).double() for output, _ in batches]
    valid = [upper_triangle(output.clip_mask_BL) for output, _ in batches]
    spread = _spread(scores, valid)
    filled = [
        score.masked_fill(~mask, -torch.inf).flatten(1) for score, mask in zip(scores, valid, strict=True)
    ]
    truth = [targets.start_BM * output.clip_mask_BL.shape[1] + targets.end_BM for output, targets in batches]

    def negative_log_likelihood(log_temperature: float) -> float:
        total, count = 0.0, 0
        for filled_BN, truth_BM in zip(filled, truth, strict=True):
            log_BN = torch.log_softmax(filled_BN / (spread * math.exp(log_temperature)), dim=1)
            once_BM = log_BN.gather(1, truth_BM).masked_fill(_repeated(truth_BM), -torch.inf)
            total -= float(once_BM.logsumexp(1).sum())
            count += len(truth_BM)
        return total / max(count, 1)

    return spread * math.exp(_lowest(negative_log_likelihood))


def _repeated(cell_BM: Tensor) -> Tensor:
    """Mark the cells of a sample that an earlier one of it names already."""
    return (cell_BM.unsqueeze(2) == cell_BM.unsqueeze(1)).tril(-1).any(2)


def _spread(scores: Sequence[Tensor], valid: Sequence[Tensor]) -> float:
    deviations: list[Tensor] = []
    for score, mask in zip(scores, valid, strict=True):
        score_BN, mask_BN = score.flatten(1), mask.flatten(1)
        score_BN, mask_BN = score_BN[mask_BN.any(1)], mask_BN[mask_BN.any(1)]
        count_B = mask_BN.sum(1)
        mean_B = score_BN.masked_fill(~mask_BN, 0.0).sum(1) / count_B
        away_BN = (score_BN - mean_B.unsqueeze(1)).masked_fill(~mask_BN, 0.0)
        deviations.append((away_BN.square().sum(1) / count_B).sqrt())
    apart_N = torch.cat(deviations)
    spread = float(apart_N.mean()) if len(apart_N) else 0.0
    return spread if spread > 0.0 else 1.0


def _lowest(function: Callable[[float], float]) -> float:
    """The logarithm of a temperature where a function is least.

    With several true windows, or windows of which some are near the truth, a likelihood may have two valleys: the
    deeper one is looked for.
    """
    low, high = math.log(_SHARPEST), math.log(_FLATTEST)
    places = [low + step * (high - low) / _PLACES for step in range(_PLACES + 1)]
    values = [function(place) for place in places]
    best = values.index(min(values))
    return golden_section(function, places[max(best - 1, 0)], places[min(best + 1, _PLACES)])
