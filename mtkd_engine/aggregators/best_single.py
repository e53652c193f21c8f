"""Only the teacher that is best on validation counts."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.base import Aggregator
from mtkd_engine.tasks.base import Signals


class BestSingleAggregator(Aggregator[Signals, object, object, object]):
    """All weight on one teacher: w_t = 1 for t = argmax of quality on held-out samples, the first of equals.

    Paper: none; ordinary distillation from one teacher (Hinton et al., 2015), chosen without looking at test. It is
    here as the control that several teachers have to beat. Uniform until it is `told` how good the teachers are. Not
    symmetric: the choice belongs to a teacher by its place.
    """

    symmetric = False
    share_T: Tensor

    def __init__(self, *, teachers: int) -> None:
        super().__init__()
        self.register_buffer("share_T", torch.full((teachers,), 1.0 / teachers))

    def told(self, quality_T: Tensor) -> None:
        """This will choose the teacher of the highest quality for good."""
        self.share_T.zero_()
        self.share_T[quality_T.argmax()] = 1.0

    def weights(
        self,
        signals: Signals,
        context: object | None,
        student: object | None = None,
        labels: object | None = None,
    ) -> Tensor:
        """This will give the same weights for every sample, (B, 1, T)."""
        return self.share_T.to(signals.like.dtype).repeat(signals.batch, 1, 1)
