"""Weights of teachers on whole splits, and the belief that comes of them.

Shape suffixes: N samples, B of them at a time, T teachers, C classes, F features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals, Space, mix
from mtkd_engine.evaluation.classification.asking import Answers

AT_ONCE = 512
"""Samples that are weighed at one time; rules that weigh whole batches see so many."""


@dataclass(frozen=True)
class Occasion:
    """All that an aggregator may look at of a split: the teachers' beliefs, the student's answers, the labels."""

    signals: ClassSignals
    student: Answers
    labels_N: Tensor

    def parts(self, device: torch.device) -> Iterator[tuple[ClassSignals, Answers, Tensor]]:
        """This will give it in parts of up to 512 samples, in order, on a device and in single precision."""
        for start in range(0, len(self.labels_N), AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            log_probs_TBC = self.signals.log_probs_TBC[:, rows].float().to(device)
            student = Answers(
                self.student.logits_NC[rows].to(device), self.student.features_NF[rows].to(device)
            )
            yield ClassSignals(log_probs_TBC, self.signals.names), student, self.labels_N[rows].to(device)


def weigh(aggregator: ClassAggregator, occasion: Occasion, *, device: torch.device) -> Tensor:
    """This will give the weights (N, T) of all samples of a split, in its order, on the CPU, without gradients."""
    parts: list[Tensor] = []
    with torch.no_grad():
        for signals, student, labels_B in occasion.parts(device):
            weights_BHT = aggregator.weights(
                signals, ClassContext(student.features_NF), student=student.logits_NC, labels=labels_B
            )
            parts.append(weights_BHT[:, 0].float().cpu())
    return torch.cat(parts)


def mixed(weights_NT: Tensor, signals: ClassSignals, *, space: Space = "probability") -> Tensor:
    """This will give the aggregated belief at temperature 1, log-probabilities (N, C)."""
    parts = [
        mix(
            weights_NT[start : start + AT_ONCE],
            ClassSignals(signals.log_probs_TBC[:, start : start + AT_ONCE].float(), signals.names),
            temperature=1.0,
            space=space,
        )
        for start in range(0, len(weights_NT), AT_ONCE)
    ]
    return torch.cat(parts)


def uniform_weights(signals: ClassSignals) -> Tensor:
    """This will give 1 / T for every teacher and sample, (N, T)."""
    teachers, samples, _ = signals.log_probs_TBC.shape
    return torch.full((samples, teachers), 1.0 / teachers)
