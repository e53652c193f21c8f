"""How teachers' signals become one target: one file per aggregator."""

from mtkd_engine.aggregators.base import Aggregator
from mtkd_engine.aggregators.grounding import Context, GroundingAggregator, Signals, mix
from mtkd_engine.aggregators.registry import build

__all__ = ["Aggregator", "Context", "GroundingAggregator", "Signals", "build", "mix"]
