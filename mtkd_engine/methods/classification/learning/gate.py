"""How weights learn that are judged by the belief they make: static ones and KAU."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from mtkd_engine.aggregators.classification import ClassAggregator, mix
from mtkd_engine.methods.classification.learning.base import HeldOut, Learner, Lesson
from mtkd_engine.spec import FeatureKauSpec, StaticWeightsSpec
from mtkd_engine.tasks.classification.losses import hard_label_loss
from mtkd_engine.untied import Adam


class GateLearner(Learner):
    """Makes the labels likeliest under the mixed belief: loss = -mean_b log sum_t w_t p_t[y], at temperature 1.

    Every few steps (`every` of the spec) Adam takes one step on a lesson of held-out samples, or of the batch at hand
    where there are none.
    """

    observes = ("loss/gate",)

    def __init__(
        self, spec: StaticWeightsSpec | FeatureKauSpec, aggregator: ClassAggregator, held_out: HeldOut | None
    ) -> None:
        super().__init__(aggregator, Adam(aggregator.parameters(), lr=spec.learning_rate, fused=True))
        self._every = spec.every
        self._held_out = held_out

    def _learn(self, lesson: Lesson, *, step: int, rate: float) -> Sequence[Tensor] | None:
        if (step - 1) % self._every:
            return None
        seen = lesson if self._held_out is None else self._held_out.draw(step)
        weights_BT = seen.weights(self.aggregator)
        mixed_BC = mix(weights_BT, seen.signals, temperature=1.0, space="probability")
        loss = hard_label_loss(mixed_BC, seen.batch)
        self._descend(loss)
        return (loss,)
