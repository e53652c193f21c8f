"""How much teachers agree on each of the windows they propose: what the weighted medoid maximises, and its surrogate.

An ensemble of teachers says the proposed window with the largest agreement

    sum_t w_t sum_k s_tk IoU(window, window_tk)^p

with w_t a teacher's weight and s_tk what it stakes on its k-th window. Agreement is linear in the weights, so the inner
sum, a teacher's *support* of a window, is computed once and weights are fitted on it in no time.

Departures from the plain medoid, both because compromises between windows that mean different moments lose recall at
high overlaps: stakes are calibrated probabilities to the third power (calibration is for likelihood, and leaves half of
it to windows that are rarely right), and half an overlap counts as a third (p = 1.5). Both powers were chosen on inner
folds of real predictions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.data.dataset import Sample
from mtkd_engine.tasks.grounding.decode import pairwise_iou

PAIRS_AT_ONCE = 2**24
STAKE_POWER = 3.0
OVERLAP_POWER = 1.5


@dataclass(frozen=True)
class Pool:
    """The M = T * K windows that T teachers propose for each of N samples, and how much each teacher supports them.

    `windows_NM2` are seconds (float64), teacher by teacher, best first; `support_NMT` is in 0..1; `real_NM` leaves
    out windows that only fill up the places of a teacher with fewer than K, so that none counts twice.
    """

    windows_NM2: Tensor
    support_NMT: Tensor
    real_NM: Tensor

    def __len__(self) -> int:
        return len(self.windows_NM2)

    def take(self, rows_B: Tensor) -> Pool:
        """This will give the samples at these rows."""
        return Pool(self.windows_NM2[rows_B], self.support_NMT[rows_B], self.real_NM[rows_B])

    def agreement(self, weights_NT: Tensor) -> Tensor:
        """This will give the teachers' weighted agreement on each window, (N, M), with the gradient of the weights."""
        return (self.support_NMT * weights_NT.unsqueeze(1)).sum(2)

    def decode(self, weights_NT: Tensor) -> Tensor:
        """This will give the window with the largest agreement, (N, 2) in seconds; the first of equals wins."""
        agreement_NM = self.agreement(weights_NT.to(self.support_NMT.dtype))
        chosen_N = agreement_NM.masked_fill(~self.real_NM, -torch.inf).argmax(1)
        return self.windows_NM2[torch.arange(len(self)), chosen_N]


def pool_of(windows_TNK2: Tensor, scores_TNK: Tensor) -> Pool:
    """This will pool the windows of T teachers for N samples; of their probabilities only the proportions count.

    A teacher that gives no window any probability supports nothing, but its window may still be chosen.
    """
    teachers, samples, top, _ = windows_TNK2.shape
    stakes_NTK = stakes_of(scores_TNK).permute(1, 0, 2)
    windows_NM2 = windows_TNK2.permute(1, 0, 2, 3).reshape(samples, teachers * top, 2)
    first_K = torch.arange(top, device=scores_TNK.device) == 0
    real_NM = ((scores_TNK > 0) | first_K).permute(1, 0, 2).reshape(samples, teachers * top)
    parts = [windows_NM2.new_zeros(0, teachers * top, teachers)]
    each = max(1, PAIRS_AT_ONCE // (teachers * top) ** 2)
    for start in range(0, samples, each):
        alike_BMM = pairwise_iou(windows_NM2[start : start + each]) ** OVERLAP_POWER
        alike_BMTK = alike_BMM.unflatten(2, (teachers, top))
        parts.append((alike_BMTK * stakes_NTK[start : start + each].unsqueeze(1)).sum(3))
    return Pool(windows_NM2, torch.cat(parts), real_NM)


def stakes_of(scores_TNK: Tensor) -> Tensor:
    """This will say what each teacher stakes on its windows: cubed probabilities, sum 1 a sample; zeros stay zeros."""
    cubed_TNK = scores_TNK.double().clamp(min=0.0) ** STAKE_POWER
    return cubed_TNK / cubed_TNK.sum(-1, keepdim=True).clamp_min(1e-30)


def overlaps(windows_NM2: Tensor, samples: Sequence[Sample]) -> Tensor:
    """This will give the IoU of each window with the true one that it overlaps most, (N, M).

    As the evaluator does, windows on both sides are cut at the end of the video.
    """
    several = max(len(sample.windows) for sample in samples)
    truths_NW2 = torch.tensor(
        [[*sample.windows, *[sample.windows[0]] * (several - len(sample.windows))] for sample in samples],
        dtype=torch.float64,
    )
    limits_N11 = torch.tensor([sample.duration for sample in samples], dtype=torch.float64)[:, None, None]
    windows_NM2, truths_NW2 = torch.minimum(windows_NM2, limits_N11), torch.minimum(truths_NW2, limits_N11)
    best_NM = torch.zeros_like(windows_NM2[..., 0])
    for truth_N12 in truths_NW2.unsqueeze(2).unbind(1):  # at once they would take W times the memory
        best_NM = torch.maximum(best_NM, _iou(windows_NM2, truth_N12))
    return best_NM


def expected_overlap(agreement_NM: Tensor, real_NM: Tensor, overlap_NM: Tensor, *, softness: float) -> Tensor:
    """This will give, (N,), the overlap with the truth of a window drawn with log-odds of agreement / softness.

    Minimum risk training (Shen et al., ACL 2016) of the weighted medoid: with softness towards 0 this is the overlap
    of the window that the ensemble says. The gradient flows to whatever made the agreement.
    """
    logits_NM = (agreement_NM / softness).masked_fill(~real_NM, -torch.inf)
    return (torch.softmax(logits_NM, dim=1) * overlap_NM).sum(1)


def _iou(one_NM2: Tensor, other_N12: Tensor) -> Tensor:
    start_NM = torch.maximum(one_NM2[..., 0], other_N12[..., 0])
    shared_NM = (torch.minimum(one_NM2[..., 1], other_N12[..., 1]) - start_NM).clamp(min=0.0)
    lengths_NM = (one_NM2[..., 1] - one_NM2[..., 0]).clamp(min=0.0) + (
        other_N12[..., 1] - other_N12[..., 0]
    ).clamp(min=0.0)
    union_NM = lengths_NM - shared_NM
    return torch.where(union_NM > 0, shared_NM / union_NM.clamp(min=1e-300), 0.0)
