"""What classifiers' own beliefs tell of how far each can be trusted on a sample, and how far they miss its label.

Shape suffixes: T teachers, B samples, C classes, E numbers of evidence.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.tasks.classification.batches import ClassBatch

EVIDENCE = 4
FARTHEST = 1e4
"""The largest cross-entropy that is told from others; a class that a teacher rules out has no finite one."""


def entropies(signals: ClassSignals) -> Tensor:
    """This will give the entropy of each belief in nats, (T, B); classes that are ruled out add nothing."""
    entropies_TB: Tensor = torch.special.entr(signals.log_probs_TBC.exp()).sum(2)
    return entropies_TB


def misses(signals: ClassSignals, labels: Tensor) -> Tensor:
    """This will give the cross-entropy of each belief with the labels in nats, (T, B), at most 10,000.

    `labels` are classes (B,), or shares of classes (B, C) where images were mixed.
    """
    log_probs_TBC = signals.log_probs_TBC.clamp(min=-FARTHEST)
    if labels.dim() == 2:
        return -(log_probs_TBC * labels).sum(2)
    index_TB1 = labels.view(1, -1, 1).expand(len(log_probs_TBC), -1, 1)
    return -log_probs_TBC.gather(2, index_TB1).squeeze(2)


def labels_of(batch: ClassBatch, *, classes: int) -> Tensor:
    """This will give the labels of a batch as aggregators want them: classes (B,), shares (B, C) after mixup."""
    if batch.mixed is None:
        return batch.labels_B
    share_B1 = batch.mixed.share_B.unsqueeze(1)
    # Not by one_hot, which would read the labels back to check them.
    shares_BC = share_B1.new_zeros((len(share_B1), classes))
    shares_BC.scatter_(1, batch.labels_B.unsqueeze(1), share_B1)
    return shares_BC.scatter_add_(1, batch.mixed.labels_B.unsqueeze(1), 1 - share_B1)


@torch.no_grad()
def class_evidence(signals: ClassSignals) -> Tensor:
    """This will give numbers of 0 to 1 for every teacher and sample, (T, B, EVIDENCE).

    Confidence: the probability of its likeliest class. Margin: that less the probability of its second. Entropy of
    its belief, divided by log C. Agreement: the mean probability that the others give to its likeliest class (0 for a
    single teacher).
    """
    probs_TBC = signals.log_probs_TBC.exp()
    teachers, _, classes = probs_TBC.shape
    best_TB2, place_TB2 = probs_TBC.topk(2, dim=2)
    together_BC = probs_TBC.sum(0)
    said_TB = together_BC.gather(1, place_TB2[..., 0].T).T
    agreement_TB = (said_TB - best_TB2[..., 0]) / max(teachers - 1, 1)
    parts = (
        best_TB2[..., 0],
        best_TB2[..., 0] - best_TB2[..., 1],
        entropies(signals) / math.log(classes),
        agreement_TB,
    )
    return torch.stack(parts, dim=2)
