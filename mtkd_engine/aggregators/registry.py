"""From an aggregator's Spec to the aggregator."""

from __future__ import annotations

from mtkd_engine.aggregators.base import Aggregator
from mtkd_engine.aggregators.kau import KauAggregator
from mtkd_engine.aggregators.static import StaticAggregator
from mtkd_engine.aggregators.uniform import UniformAggregator
from mtkd_engine.spec import AggregatorSpec, KauSpec, StaticSpec


def build(spec: AggregatorSpec, *, teachers: int, feature_width: int) -> Aggregator:
    """This will build the aggregator that `spec` describes; `feature_width` is the shared encoder's."""
    if isinstance(spec, KauSpec):
        return KauAggregator(spec, teachers=teachers, feature_width=feature_width)
    if isinstance(spec, StaticSpec):
        return StaticAggregator(teachers=teachers)
    return UniformAggregator()
