"""Every teacher counts the same."""

from __future__ import annotations

from torch import Tensor

from mtkd_engine.aggregators.base import Aggregator, Context, Signals
from mtkd_engine.nets.grounding import SpanOutput
from mtkd_engine.tasks.grounding.collate import Targets


class UniformAggregator(Aggregator):
    """The plain average: w_t = 1 / T.

    Paper: You et al., "Learning from multiple teacher networks", KDD 2017 (AVER). Equation: mean of the
    teachers' softened outputs. Departure: calibrated probabilities are averaged, not logits, because teachers
    of different kinds share no logit scale.
    """

    def weights(
        self,
        signals: Signals,
        context: Context | None,
        student: SpanOutput | None = None,
        labels: Targets | None = None,
    ) -> Tensor:
        """This will give 1 / T everywhere, (B, 1, T)."""
        teachers, batch = signals.log_joint_TBLL.shape[:2]
        return signals.log_joint_TBLL.new_full((batch, 1, teachers), 1.0 / teachers)
