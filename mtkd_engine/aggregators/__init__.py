"""How teachers' signals become one target: one file per aggregator."""

from mtkd_engine.aggregators.base import Aggregator, Context, Signals, mix
from mtkd_engine.aggregators.registry import build

__all__ = ["Aggregator", "Context", "Signals", "build", "mix"]
