"""From an aggregator's Spec to the aggregator."""

from __future__ import annotations

from mtkd_engine.aggregators.base import Aggregator
from mtkd_engine.aggregators.kau import Kau
from mtkd_engine.aggregators.static import Static
from mtkd_engine.aggregators.uniform import Uniform
from mtkd_engine.spec import AggregatorSpec, KauSpec, StaticSpec


def build(spec: AggregatorSpec, *, teachers: int, feature_width: int) -> Aggregator:
    """This will build the aggregator for a number of teachers; `feature_width` is that of the shared encoder."""
    if isinstance(spec, KauSpec):
        return Kau(spec, teachers=teachers, feature_width=feature_width)
    if isinstance(spec, StaticSpec):
        return Static(teachers=teachers)
    return Uniform()
