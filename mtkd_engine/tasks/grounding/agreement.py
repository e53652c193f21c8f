"""How much teachers agree on each other's windows, and the window that an ensemble says.

An ensemble of teachers says, of all windows they offer, the one on which agreement is largest:

    sum_t w_t sum_k s_tk IoU(window, window_tk)^p

with w_t a teacher's weight and s_tk the share of probability of its k-th window. Where these shares are calibrated and
p = 1 it is the expected IoU with the truth, and choosing its maximum is minimum Bayes risk decoding (Bickel and Doksum,
Mathematical Statistics, 1977; Kumar and Byrne, NAACL 2004). Agreement is linear in the weights, so the inner sum, a
teacher's *support* of a window, is computed once and weights are fitted on it in no time.

How a `Decoding` departs from that is chosen on the samples that weights are learned from, never for all data: teachers
may offer their best windows only (a medoid; the others are seldom right where scores are poor), and half an overlap may
count for less than half, so that no compromise between windows that mean different moments is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.data.dataset import Sample
from mtkd_engine.tasks.grounding.decode import iou_of

PAIRS_AT_ONCE = 2**24
POWERS = (1.0, 1.5)


@dataclass(frozen=True)
class Decoding:
    """How many of its windows, best first, each teacher offers, and the power of overlap that counts as agreement."""

    offers: int = 1
    power: float = 1.0


MEDOID = Decoding()


def choices(top: int) -> tuple[Decoding, ...]:
    """This will give the decodings there are for teachers with `top` windows each, the plain medoid first."""
    return tuple(Decoding(offers, power) for offers in sorted({1, top}) for power in POWERS)


@dataclass(frozen=True)
class Pool:
    """The C windows that T teachers offer for N samples, and how much each teacher supports each of them.

    `windows_NC2` are seconds (float64): the teachers' best windows, then their second best, and so on.
    `support_NCT[n, c, t]`, in 0..1, is teacher t's support of window c.
    """

    windows_NC2: Tensor
    support_NCT: Tensor

    def __len__(self) -> int:
        return len(self.windows_NC2)

    def take(self, rows_B: Tensor) -> Pool:
        """This will give the samples at these rows."""
        return Pool(self.windows_NC2[rows_B], self.support_NCT[rows_B])

    def agreement(self, weights_NT: Tensor) -> Tensor:
        """This will give the teachers' weighted agreement on each window, (N, C), with the gradient of the weights."""
        return (self.support_NCT @ weights_NT.to(self.support_NCT.dtype).unsqueeze(2)).squeeze(2)

    def chosen(self, weights_NT: Tensor) -> Tensor:
        """This will say which window has the largest agreement, (N,); the first of equals wins."""
        return self.agreement(weights_NT).argmax(1)

    def decode(self, weights_NT: Tensor) -> Tensor:
        """This will give the window with the largest agreement, (N, 2) in seconds."""
        return self.windows_NC2[torch.arange(len(self)), self.chosen(weights_NT)]


def pool_of(windows_TNK2: Tensor, scores_TNK: Tensor, decoding: Decoding = MEDOID) -> Pool:
    """This will pool the windows of T teachers for N samples; of their probabilities only the shares count.

    A teacher that gives no window any probability supports nothing, but its windows may still be chosen.
    """
    teachers, samples, top, _ = windows_TNK2.shape
    shares_NTK = shares_of(scores_TNK).permute(1, 0, 2)
    windows_NTK2 = windows_TNK2.transpose(0, 1)
    offered_NC2 = offered(windows_TNK2, decoding.offers)
    parts = [windows_TNK2.new_zeros(0, offered_NC2.shape[1], teachers)]
    each = max(1, PAIRS_AT_ONCE // (offered_NC2.shape[1] * teachers * top))
    for start in range(0, samples, each):
        part = slice(start, start + each)
        overlap_BCTK = iou_of(offered_NC2[part, :, None, None], windows_NTK2[part, None])
        counted_BCTK = overlap_BCTK if decoding.power == 1 else overlap_BCTK**decoding.power
        parts.append((counted_BCTK * shares_NTK[part].unsqueeze(1)).sum(3))
    return Pool(offered_NC2, torch.cat(parts))


def offered(windows_TNK2: Tensor, offers: int) -> Tensor:
    """This will give the first `offers` windows of every teacher, (N, C, 2), in the order of a pool."""
    return windows_TNK2[:, :, :offers].permute(1, 2, 0, 3).flatten(1, 2)


def shares_of(scores_TNK: Tensor) -> Tensor:
    """This will scale each teacher's probabilities of its best windows to sum 1 a sample; zeros stay zeros."""
    return scores_TNK.double() / scores_TNK.double().sum(-1, keepdim=True).clamp_min(1e-12)


def overlaps(windows_NC2: Tensor, samples: Sequence[Sample]) -> Tensor:
    """This will give the IoU of each window with the true one that it overlaps most, (N, C).

    As the evaluator does, windows on both sides are cut at the end of the video.
    """
    several = max(len(sample.windows) for sample in samples)
    truths_NW2 = torch.tensor(
        [[*sample.windows, *[sample.windows[0]] * (several - len(sample.windows))] for sample in samples],
        dtype=torch.float64,
    )
    limits_N11 = torch.tensor([sample.duration for sample in samples], dtype=torch.float64)[:, None, None]
    windows_NC2, truths_NW2 = torch.minimum(windows_NC2, limits_N11), torch.minimum(truths_NW2, limits_N11)
    best_NC = torch.zeros_like(windows_NC2[..., 0])
    for truth_N12 in truths_NW2.unsqueeze(2).unbind(1):  # at once they would take W times the memory
        best_NC = torch.maximum(best_NC, iou_of(windows_NC2, truth_N12))
    return best_NC


def expected_overlap(agreement_NC: Tensor, overlap_NC: Tensor, *, softness: float) -> Tensor:
    """This will give, (N,), the overlap with the truth of a window drawn with log-odds of agreement / softness.

    Minimum risk training (Shen et al., ACL 2016) of what an ensemble says: with softness towards 0 this is the overlap
    of the window with the largest agreement. The gradient flows to whatever made the agreement.
    """
    return (torch.softmax(agreement_NC / softness, dim=1) * overlap_NC).sum(1)
