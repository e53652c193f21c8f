"""From an aggregator's Spec to the aggregator."""

from __future__ import annotations

from mtkd_engine.aggregators.base import Aggregator
from mtkd_engine.aggregators.best_single import BestSingleAggregator
from mtkd_engine.aggregators.kau import KauAggregator
from mtkd_engine.aggregators.kau_plus import KauPlusAggregator
from mtkd_engine.aggregators.medoid import MedoidAggregator
from mtkd_engine.aggregators.oracle import OracleAggregator
from mtkd_engine.aggregators.static import StaticAggregator
from mtkd_engine.aggregators.uniform import UniformAggregator
from mtkd_engine.spec import (
    AggregatorSpec,
    BestSingleSpec,
    KauPlusSpec,
    KauSpec,
    MedoidSpec,
    OracleSpec,
    SpecError,
    StaticSpec,
    UniformSpec,
)

NEEDS_FEATURES = (
    "given 'kau', which looks at video and query only; a dataset without features accepts 'kau_plus', 'static' or "
    "an aggregator without parameters."
)


def build(spec: AggregatorSpec, *, teachers: int, feature_width: int | None) -> Aggregator:
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


def _control(spec: UniformSpec | BestSingleSpec | MedoidSpec | OracleSpec, *, teachers: int) -> Aggregator:
    if isinstance(spec, BestSingleSpec):
        return BestSingleAggregator(teachers=teachers)
    if isinstance(spec, MedoidSpec):
        return MedoidAggregator()
    return OracleAggregator() if isinstance(spec, OracleSpec) else UniformAggregator()
