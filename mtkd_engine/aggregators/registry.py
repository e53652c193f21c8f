"""From an aggregator's Spec to the aggregator, of either task."""

from __future__ import annotations

from typing import assert_never

from mtkd_engine.aggregators.best_single import BestSingleAggregator
from mtkd_engine.aggregators.class_oracle import ClassOracleAggregator
from mtkd_engine.aggregators.classification import ClassAggregator
from mtkd_engine.aggregators.confidence import ConfidenceAggregator
from mtkd_engine.aggregators.confidence_softmax import ConfidenceSoftmaxAggregator
from mtkd_engine.aggregators.entropy import EntropyAggregator
from mtkd_engine.aggregators.feature_kau import FeatureKauAggregator
from mtkd_engine.aggregators.gradient import GradientAggregator
from mtkd_engine.aggregators.grounding import GroundingAggregator
from mtkd_engine.aggregators.kau import KauAggregator
from mtkd_engine.aggregators.kau_plus import KauPlusAggregator
from mtkd_engine.aggregators.medoid import MedoidAggregator
from mtkd_engine.aggregators.meta import MetaAggregator
from mtkd_engine.aggregators.oracle import OracleAggregator
from mtkd_engine.aggregators.reinforced import ReinforcedAggregator
from mtkd_engine.aggregators.static import StaticAggregator
from mtkd_engine.aggregators.uniform import UniformAggregator
from mtkd_engine.spec import (
    AggregatorSpec,
    AverageSpec,
    BestSingleSpec,
    ClassAggregatorSpec,
    ConfidenceSoftmaxSpec,
    ConfidenceSpec,
    EntropySpec,
    FeatureKauSpec,
    GradientSpec,
    KauPlusSpec,
    KauSpec,
    MedoidSpec,
    MetaSpec,
    OracleSpec,
    ReinforcedSpec,
    SpecError,
    StaticSpec,
    StaticWeightsSpec,
    UniformSpec,
)

NEEDS_FEATURES = (
    "given 'kau', which looks at video and query only; a dataset without features accepts 'kau_plus', 'static' or "
    "an aggregator without parameters."
)


def build(spec: AggregatorSpec, *, teachers: int, feature_width: int | None) -> GroundingAggregator:
    """This will build the aggregator that `spec` describes, initialised from torch's global generator.

    `feature_width` is that of the context's video and query, None where there will be no context; raises SpecError
    for an aggregator that needs one then.
    """
    if isinstance(spec, KauSpec):
        if feature_width is None:
            raise SpecError({"method.aggregator.kind": NEEDS_FEATURES})
        return KauAggregator(spec, teachers=teachers, feature_width=feature_width)
    if isinstance(spec, KauPlusSpec):
        return KauPlusAggregator(spec, teachers=teachers, feature_width=feature_width)
    if isinstance(spec, StaticSpec):
        return StaticAggregator(teachers=teachers)
    return _control(spec, teachers=teachers)


def _control(
    spec: UniformSpec | BestSingleSpec | MedoidSpec | OracleSpec, *, teachers: int
) -> GroundingAggregator:
    if isinstance(spec, BestSingleSpec):
        return BestSingleAggregator(teachers=teachers)
    if isinstance(spec, MedoidSpec):
        return MedoidAggregator()
    return OracleAggregator() if isinstance(spec, OracleSpec) else UniformAggregator()


def build_for_classes(
    spec: ClassAggregatorSpec, *, teachers: int, classes: int, feature_width: int, temperature: float
) -> ClassAggregator:
    """This will build the aggregator that `spec` describes, initialised from torch's global generator.

    `feature_width` is that of the student's last features, `temperature` that of the distillation loss.
    """
    if isinstance(spec, FeatureKauSpec):
        return FeatureKauAggregator(spec, teachers=teachers, feature_width=feature_width)
    if isinstance(spec, ReinforcedSpec):
        return ReinforcedAggregator(spec, teachers=teachers, feature_width=feature_width)
    if isinstance(spec, MetaSpec):
        return MetaAggregator(teachers=teachers, classes=classes)
    if isinstance(spec, StaticWeightsSpec):
        return StaticAggregator(teachers=teachers)
    if isinstance(spec, GradientSpec):
        return GradientAggregator(spec, temperature=temperature)
    return _rule(spec, teachers=teachers)


def scale_of(spec: ClassAggregatorSpec, teachers: int) -> float:
    """This will give the factor of the distillation loss: 1, or what the paper's code makes of weights that sum to 1.

    With the scale `paper` EBKD's loss is (T - 1) / T and CA-MKD's 1 / T of what it is otherwise, so that published
    settings of loss weights mean what they meant. 1 for a single teacher, and for sharp entropies, which no paper has.
    """
    if teachers == 1 or not isinstance(spec, EntropySpec | ConfidenceSpec) or spec.scale == "normalised":
        return 1.0
    if isinstance(spec, ConfidenceSpec):
        return 1.0 / teachers
    return 1.0 if spec.sharp else (teachers - 1) / teachers


def _rule(
    spec: AverageSpec | EntropySpec | ConfidenceSpec | ConfidenceSoftmaxSpec | BestSingleSpec | OracleSpec,
    *,
    teachers: int,
) -> ClassAggregator:
    """What has nothing to learn."""
    if isinstance(spec, AverageSpec):
        return UniformAggregator()
    if isinstance(spec, EntropySpec):
        return EntropyAggregator(sharp=spec.sharp)
    if isinstance(spec, ConfidenceSpec):
        return ConfidenceAggregator()
    if isinstance(spec, ConfidenceSoftmaxSpec):
        return ConfidenceSoftmaxAggregator()
    if isinstance(spec, BestSingleSpec):
        return BestSingleAggregator(teachers=teachers)
    if isinstance(spec, OracleSpec):
        return ClassOracleAggregator()
    assert_never(spec)
