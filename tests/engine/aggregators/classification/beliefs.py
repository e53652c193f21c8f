"""Classifiers' beliefs that are made up, and what is needed to ask an aggregator about them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals
from mtkd_engine.aggregators.registry import build_for_classes
from mtkd_engine.spec import ClassAggregatorSpec

SAMPLES, CLASSES, WIDTH, TEMPERATURE = 7, 5, 6, 4.0


def noise(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def signals_of(*seeds: int, scale: float = 2.0, dtype: torch.dtype = torch.float64) -> ClassSignals:
    """Teachers with these seeds; the same seed twice is the same teacher twice."""
    logits_TBC = scale * torch.stack([noise(SAMPLES, CLASSES, seed=seed) for seed in seeds])
    names = [f"teacher {place}" for place in range(len(seeds))]
    return ClassSignals(logits_TBC.log_softmax(2).to(dtype), names)


@dataclass(frozen=True)
class Seen:
    """What an aggregator may look at beside beliefs."""

    features_BF: Tensor
    logits_BC: Tensor
    labels_B: Tensor

    @classmethod
    def make(cls, *, dtype: torch.dtype = torch.float64) -> Seen:
        labels_B = torch.arange(SAMPLES) % CLASSES
        return cls(
            noise(SAMPLES, WIDTH, seed=90).to(dtype), noise(SAMPLES, CLASSES, seed=91).to(dtype), labels_B
        )

    def weigh(self, aggregator: ClassAggregator, signals: ClassSignals) -> Tensor:
        """All that there is to see is shown; (B, T)."""
        context = ClassContext(self.features_BF)
        weights_BHT = aggregator.weights(signals, context, student=self.logits_BC, labels=self.labels_B)
        return weights_BHT[:, 0]


def built(spec: ClassAggregatorSpec, *, teachers: int) -> ClassAggregator:
    """In double precision."""
    return build_for_classes(
        spec, teachers=teachers, classes=CLASSES, feature_width=WIDTH, temperature=TEMPERATURE
    ).double()
