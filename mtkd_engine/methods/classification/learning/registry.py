"""From a method's Spec to what teaches its aggregator."""

from __future__ import annotations

from mtkd_engine.aggregators.classification import ClassAggregator
from mtkd_engine.methods.classification.learning.base import HeldOut, Learner
from mtkd_engine.methods.classification.learning.gate import GateLearner
from mtkd_engine.methods.classification.learning.meta import MetaLearner
from mtkd_engine.methods.classification.learning.reinforced import ReinforcedLearner
from mtkd_engine.spec import FeatureKauSpec, MetaSpec, MultiTeacherSpec, ReinforcedSpec, StaticWeightsSpec


def learner_of(
    spec: MultiTeacherSpec, aggregator: ClassAggregator, *, held_out: HeldOut | None
) -> Learner | None:
    """This will give what teaches an aggregator in training; None for those that have nothing to learn.

    `held_out` gives the samples on which static weights, KAU and the meta-network learn: those of validation, or of
    train where the spec says so; without any, static weights and KAU learn on each batch at hand, as the agent
    always does.
    """
    chosen = spec.aggregator
    if isinstance(chosen, StaticWeightsSpec | FeatureKauSpec):
        return GateLearner(chosen, aggregator, held_out)
    if isinstance(chosen, MetaSpec):
        assert held_out is not None
        return MetaLearner(chosen, aggregator, held_out, temperature=spec.temperature)
    if isinstance(chosen, ReinforcedSpec):
        return ReinforcedLearner(chosen, aggregator, temperature=spec.temperature)
    return None
