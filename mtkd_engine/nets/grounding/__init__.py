"""Networks for temporal sentence grounding."""

from mtkd_engine.nets.grounding.inputs import GroundingInputs
from mtkd_engine.nets.grounding.map2d import Map2dModel, Map2dOutput
from mtkd_engine.nets.grounding.proposal import ProposalModel, ProposalOutput
from mtkd_engine.nets.grounding.regression import RegressionModel, RegressionOutput
from mtkd_engine.nets.grounding.span import Encoded, SharedEncoder, SpanHead, SpanModel, SpanOutput

DenseOutput = SpanOutput | Map2dOutput
GroundingOutput = DenseOutput | ProposalOutput

__all__ = [
    "DenseOutput",
    "Encoded",
    "GroundingInputs",
    "GroundingOutput",
    "Map2dModel",
    "Map2dOutput",
    "ProposalModel",
    "ProposalOutput",
    "RegressionModel",
    "RegressionOutput",
    "SharedEncoder",
    "SpanHead",
    "SpanModel",
    "SpanOutput",
]
