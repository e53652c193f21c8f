"""How much teachers agree on each other's best windows: what the weighted medoid maximises, and its surrogate.

An ensemble of teachers says that teacher's best window on which agreement is largest:

    sum_t w_t sum_k s_tk IoU(window, window_tk)^p

with w_t a teacher's weight and s_tk the share of probability of its k-th window. Agreement is linear in the weights, so
the inner sum, a teacher's *support* of a window, is computed once and weights are fitted on it in no time.

Departures from the plain medoid of best windows, both found on one half of real predictions and confirmed on the other:
a teacher supports with all its windows, but offers its best one only (its others, as candidates, cost 0.3 to 0.8 points
of mIoU); half an overlap counts as a third (p = 1.5), for compromises between windows that mean different moments
overlap none of them well (0.2 to 0.3 points).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.data.dataset import Sample

PAIRS_AT_ONCE = 2**24
POWER = 1.5


@dataclass(frozen=True)
class Pool:
    """The best windows of T teachers for N samples, and how much each teacher supports each of them.

    `windows_NT2` are seconds (float64); `support_NTT[n, i, t]`, in 0..1, is teacher t's support of the window of i.
    """

    windows_NT2: Tensor
    support_NTT: Tensor

    def __len__(self) -> int:
        return len(self.windows_NT2)

    def take(self, rows_B: Tensor) -> Pool:
        """This will give the samples at these rows."""
        return Pool(self.windows_NT2[rows_B], self.support_NTT[rows_B])

    def agreement(self, weights_NT: Tensor) -> Tensor:
        """This will give the teachers' weighted agreement on each window, (N, T), with the gradient of the weights."""
        return (self.support_NTT * weights_NT.to(self.support_NTT.dtype).unsqueeze(1)).sum(2)

    def chosen(self, weights_NT: Tensor) -> Tensor:
        """This will say whose window has the largest agreement, (N,); the first of equals wins."""
        return self.agreement(weights_NT).argmax(1)

    def decode(self, weights_NT: Tensor) -> Tensor:
        """This will give the window with the largest agreement, (N, 2) in seconds."""
        return self.windows_NT2[torch.arange(len(self)), self.chosen(weights_NT)]


def pool_of(windows_TNK2: Tensor, scores_TNK: Tensor) -> Pool:
    """This will pool the windows of T teachers for N samples; of their probabilities only the shares count.

    A teacher that gives no window any probability supports nothing, but its window may still be chosen.
    """
    teachers, samples, top, _ = windows_TNK2.shape
    shares_NTK = shares_of(scores_TNK).permute(1, 0, 2)
    windows_NTK2 = windows_TNK2.transpose(0, 1)
    best_NT2 = windows_NTK2[:, :, 0]
    parts = [windows_TNK2.new_zeros(0, teachers, teachers)]
    each = max(1, PAIRS_AT_ONCE // (teachers * teachers * top))
    for start in range(0, samples, each):
        part = slice(start, start + each)
        overlap_BTTK = _iou(best_NT2[part, :, None, None], windows_NTK2[part, None])
        parts.append((overlap_BTTK**POWER * shares_NTK[part].unsqueeze(1)).sum(3))
    return Pool(best_NT2, torch.cat(parts))


def shares_of(scores_TNK: Tensor) -> Tensor:
    """This will scale each teacher's probabilities of its best windows to sum 1 a sample; zeros stay zeros."""
    return scores_TNK.double() / scores_TNK.double().sum(-1, keepdim=True).clamp_min(1e-12)


def overlaps(windows_NT2: Tensor, samples: Sequence[Sample]) -> Tensor:
    """This will give the IoU of each window with the true one that it overlaps most, (N, T).

    As the evaluator does, windows on both sides are cut at the end of the video.
    """
    several = max(len(sample.windows) for sample in samples)
    truths_NW2 = torch.tensor(
        [[*sample.windows, *[sample.windows[0]] * (several - len(sample.windows))] for sample in samples],
        dtype=torch.float64,
    )
    limits_N11 = torch.tensor([sample.duration for sample in samples], dtype=torch.float64)[:, None, None]
    windows_NT2, truths_NW2 = torch.minimum(windows_NT2, limits_N11), torch.minimum(truths_NW2, limits_N11)
    best_NT = torch.zeros_like(windows_NT2[..., 0])
    for truth_N12 in truths_NW2.unsqueeze(2).unbind(1):  # at once they would take W times the memory
        best_NT = torch.maximum(best_NT, _iou(windows_NT2, truth_N12))
    return best_NT


def expected_overlap(agreement_NT: Tensor, overlap_NT: Tensor, *, softness: float) -> Tensor:
    """This will give, (N,), the overlap with the truth of a window drawn with log-odds of agreement / softness.

    Minimum risk training (Shen et al., ACL 2016) of the weighted medoid: with softness towards 0 this is the overlap
    of the window that the ensemble says. The gradient flows to whatever made the agreement.
    """
    return (torch.softmax(agreement_NT / softness, dim=1) * overlap_NT).sum(1)


def _iou(one: Tensor, other: Tensor) -> Tensor:
    """IoU of windows (..., 2) that broadcast; 0 where the union is 0."""
    shared = torch.minimum(one[..., 1], other[..., 1]) - torch.maximum(one[..., 0], other[..., 0])
    shared = shared.clamp(min=0.0)
    lengths = (one[..., 1] - one[..., 0]).clamp(min=0.0) + (other[..., 1] - other[..., 0]).clamp(min=0.0)
    union = lengths - shared
    return torch.where(union > 0, shared / union.clamp(min=1e-300), 0.0)
