"""Networks for temporal sentence grounding."""

from mtkd_engine.nets.grounding.inputs import GroundingInputs
from mtkd_engine.nets.grounding.map2d import Map2dModel, Map2dOutput
from mtkd_engine.nets.grounding.span import Encoded, SharedEncoder, SpanHead, SpanModel, SpanOutput

GroundingOutput = SpanOutput | Map2dOutput

__all__ = [
    "Encoded",
    "GroundingInputs",
    "GroundingOutput",
    "Map2dModel",
    "Map2dOutput",
    "SharedEncoder",
    "SpanHead",
    "SpanModel",
    "SpanOutput",
]
