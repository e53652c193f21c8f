"""One learned weight per teacher, the same for all samples."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.base import Aggregator, Context, Signals
from mtkd_engine.nets.grounding import SpanOutput
from mtkd_engine.tasks.grounding.collate import Targets


class StaticAggregator(Aggregator):
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
        context: Context | None,
        student: SpanOutput | None = None,
        labels: Targets | None = None,
    ) -> Tensor:
        """This will give the same weights for every sample, (B, 1, T)."""
        batch = signals.log_joint_TBLL.shape[1]
        return torch.softmax(self.scores, dim=0).expand(batch, 1, -1)
