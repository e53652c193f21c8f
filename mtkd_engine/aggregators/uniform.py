"""Every teacher counts the same."""

from __future__ import annotations

from torch import Tensor

from mtkd_engine.aggregators.base import Aggregator
from mtkd_engine.tasks.base import Signals


class UniformAggregator(Aggregator[Signals, object, object, object]):
    """The plain average: w_t = 1 / T.

    Paper: You et al., "Learning from multiple teacher networks", KDD 2017 (AVER). Equation: mean of the
    teachers' softened outputs. Departure: calibrated probabilities are averaged, not logits, because teachers
    of different kinds share no logit scale.
    """

    def weights(
        self,
        signals: Signals,
        context: object | None,
        student: object | None = None,
        labels: object | None = None,
    ) -> Tensor:
        """This will give 1 / T everywhere, (B, 1, T)."""
        teachers = len(signals.names)
        return signals.like.new_full((signals.batch, 1, teachers), 1.0 / teachers)
