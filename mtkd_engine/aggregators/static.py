"""One learned weight per teacher, the same for all samples."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.base import Aggregator
from mtkd_engine.tasks.base import Signals


class StaticAggregator(Aggregator[Signals, object, object, object]):
    """Learned mixture coefficients: w = softmax(a) with one number a_t per teacher, zero at first.

    Paper: the linear opinion pool (Stone, 1961) with weights fitted to the likelihood of labels. Departure:
    none; it is here as the control that every per-sample gate has to beat. Not symmetric: a_t belongs to a
    teacher by its place.
    """

    symmetric = False
    trained = True

    def __init__(self, *, teachers: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(teachers))

    def weights(
        self,
        signals: Signals,
        context: object | None,
        student: object | None = None,
        labels: object | None = None,
    ) -> Tensor:
        """This will give the same weights for every sample, (B, 1, T)."""
        return torch.softmax(self.scores, dim=0).expand(signals.batch, 1, -1)
