"""How good log-probabilities are: top-1, top-5, calibration, per class, and where two classifiers agree.

Shape suffixes: N samples, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

BINS = 15
"""Equal-width bins of confidence that the calibration error is made of (Guo et al. 2017)."""
WITHIN = 5


@dataclass(frozen=True)
class ClassRow:
    """One class of a split: of its samples which share was found, and of those called so which share is it."""

    name: str
    samples: int
    predicted: int
    recall: float | None
    """None where the split has no sample of it."""
    precision: float | None
    """None where nothing was called so."""


@dataclass(frozen=True)
class Bin:
    """Samples of one range of confidence."""

    samples: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Quality:
    """What classifiers are measured by, sample by sample; of a batch or, joined, of a split."""

    labels_N: Tensor
    predicted_N: Tensor
    """The likeliest class, int64; the first of equals."""
    log_truth_N: Tensor
    """Log-probability of the true class, float32."""
    confidence_N: Tensor
    """Probability of the likeliest class."""
    rank_N: Tensor
    """How many classes stand before the true one, int64."""
    classes: int

    @classmethod
    def of(cls, log_probs_NC: Tensor, labels_N: Tensor) -> Quality:
        """This will measure log-probabilities against labels, on their device; nothing is read back from it."""
        log_NC = log_probs_NC.detach().float()
        own_N1 = labels_N.unsqueeze(1)
        truth_N1 = log_NC.gather(1, own_N1)
        place_C = torch.arange(log_NC.shape[1], device=log_NC.device)
        before_NC = (log_NC > truth_N1) | ((log_NC == truth_N1) & (place_C < own_N1))
        most_N, predicted_N = log_NC.max(1)
        return cls(
            labels_N, predicted_N, truth_N1.squeeze(1), most_N.exp(), before_NC.sum(1), log_NC.shape[1]
        )

    @staticmethod
    def joined(parts: Sequence[Quality]) -> Quality:
        """This will put parts of a split behind each other, in host memory."""
        assert parts, "a split has samples"
        return Quality(
            labels_N=torch.cat([part.labels_N for part in parts]).cpu(),
            predicted_N=torch.cat([part.predicted_N for part in parts]).cpu(),
            log_truth_N=torch.cat([part.log_truth_N for part in parts]).cpu(),
            confidence_N=torch.cat([part.confidence_N for part in parts]).cpu(),
            rank_N=torch.cat([part.rank_N for part in parts]).cpu(),
            classes=parts[0].classes,
        )

    @property
    def correct_N(self) -> Tensor:
        """Whether the true class is the likeliest."""
        return self.rank_N == 0

    @property
    def values(self) -> dict[str, float]:
        """`top1`, `top5` (or of all classes where there are fewer), `ece` and `nll` of the samples.

        `ece` is the expected calibration error of the likeliest class over 15 equal-width bins; `nll` the mean
        negative log-probability of the true class, in nats. All but `nll` lie in 0..1.
        """
        return {
            "top1": float(self.correct_N.double().mean()),
            "top5": float((self.rank_N < min(WITHIN, self.classes)).double().mean()),
            "ece": sum(one.samples * abs(one.accuracy - one.confidence) for one in self.bins())
            / len(self.labels_N),
            "nll": -float(self.log_truth_N.double().mean()),
        }

    def bins(self) -> list[Bin]:
        """This will give the 15 bins of confidence, lowest first: what a reliability diagram shows."""
        confidence_N = self.confidence_N.double().cpu()
        bin_N = (confidence_N * BINS).ceil().long().sub(1).clamp(0, BINS - 1)
        count, sure, right = (
            torch.bincount(bin_N, weights=weights_N, minlength=BINS).tolist()
            for weights_N in (torch.ones_like(confidence_N), confidence_N, self.correct_N.double().cpu())
        )
        return [
            Bin(int(count[place]), sure[place] / (count[place] or 1), right[place] / (count[place] or 1))
            for place in range(BINS)
        ]

    def confusion(self) -> Tensor:
        """This will count the samples of each class (rows) that were called each class (columns), (C, C) int64.

        It is as large as it says: of thousands of classes `confused` tells the same that matters.
        """
        cell_N = (self.labels_N * self.classes + self.predicted_N).cpu()
        return torch.bincount(cell_N, minlength=self.classes**2).view(self.classes, self.classes)

    def confused(self, *, most: int = 20) -> list[tuple[int, int, int]]:
        """This will give the commonest mistakes: true class, the one it was called, how often; commonest first."""
        wrong_N = self.labels_N != self.predicted_N
        cell_N = (self.labels_N * self.classes + self.predicted_N)[wrong_N].cpu()
        cell_M, count_M = torch.unique(cell_N, return_counts=True)
        order_M = count_M.argsort(descending=True, stable=True)[:most]
        return [
            (cell // self.classes, cell % self.classes, count)
            for cell, count in zip(cell_M[order_M].tolist(), count_M[order_M].tolist(), strict=True)
        ]

    def by_class(self, names: Sequence[str]) -> list[ClassRow]:
        """This will give the table of classes, in their order; `names` are those of all C."""
        labels_N, predicted_N = self.labels_N.cpu(), self.predicted_N.cpu()
        samples_C = torch.bincount(labels_N, minlength=self.classes).tolist()
        predicted_C = torch.bincount(predicted_N, minlength=self.classes).tolist()
        found_C = torch.bincount(labels_N[labels_N == predicted_N], minlength=self.classes).tolist()
        return [
            ClassRow(
                name,
                samples,
                predicted,
                found / samples if samples else None,
                found / predicted if predicted else None,
            )
            for name, samples, predicted, found in zip(names, samples_C, predicted_C, found_C, strict=True)
        ]

    def agreement(self, other: Quality) -> float:
        """This will give the share of samples that two classifiers call the same, 0..1."""
        return float((self.predicted_N.cpu() == other.predicted_N.cpu()).double().mean())
