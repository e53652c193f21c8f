"""The Spec: one frozen, validated description of a job; torch-free."""

from mtkd_engine.spec.aggregators import (
    AggregatorSpec,
    BestSingleSpec,
    KauPlusSpec,
    KauSpec,
    LearnedSpec,
    MedoidSpec,
    OracleSpec,
    StaticSpec,
    UniformSpec,
)
from mtkd_engine.spec.base import SpecError
from mtkd_engine.spec.classification.aggregators import (
    AverageSpec,
    ClassAggregatorSpec,
    ConfidenceSoftmaxSpec,
    ConfidenceSpec,
    EntropySpec,
    FeatureKauSpec,
    GradientSpec,
    HeldOutLearnedSpec,
    MetaSpec,
    ReinforcedSpec,
    StaticWeightsSpec,
)
from mtkd_engine.spec.classification.data import AugmentSpec, ImageDataSpec
from mtkd_engine.spec.classification.intake import INPUTS, TeacherStatement, is_statement
from mtkd_engine.spec.classification.job import ClassificationSpec, ImageStudentSpec
from mtkd_engine.spec.classification.methods import (
    DistLossSpec,
    DkdLossSpec,
    FeatureLossSpec,
    InnerLossSpec,
    KdLossSpec,
    MultiTeacherSpec,
)
from mtkd_engine.spec.classification.model import ClassifierCard, ImageInput, ImageRecipe
from mtkd_engine.spec.classification.nets import (
    CifarResNet,
    ImageNetSpec,
    OnnxProgram,
    TeacherNetSpec,
    TimmNet,
    TransformersNet,
)
from mtkd_engine.spec.classification.optim import ImageOptimSpec
from mtkd_engine.spec.data import DataSpec, GroundingDataSpec
from mtkd_engine.spec.gates import Gate, holds, is_baseline_name, parse_gate
from mtkd_engine.spec.grounding import GroundingSpec, StudentSpec
from mtkd_engine.spec.groups import Expanded, cell_texts, expand, is_group, load_group
from mtkd_engine.spec.job import EvaluationSpec, GroupCell, RecordingSpec, Spec
from mtkd_engine.spec.load import SPECS, dump_yaml, load_yaml, parse, spec_hash
from mtkd_engine.spec.methods import AggregateSpec, EmtmSpec, IsomorphicSpec, MethodSpec, SoloSpec
from mtkd_engine.spec.model import GroundingCard, ModelCard, Recipe
from mtkd_engine.spec.nets import Map2dNet, NetSpec, ProposalNet, RegressionNet, SpanNet
from mtkd_engine.spec.optim import OptimSpec
from mtkd_engine.spec.teachers import TeacherSpec
from mtkd_engine.spec.text import LARGEST_TEXT, TextError, read_json, read_yaml

__all__ = [
    "INPUTS",
    "LARGEST_TEXT",
    "SPECS",
    "AggregateSpec",
    "AggregatorSpec",
    "AugmentSpec",
    "AverageSpec",
    "BestSingleSpec",
    "CifarResNet",
    "ClassAggregatorSpec",
    "ClassificationSpec",
    "ClassifierCard",
    "ConfidenceSoftmaxSpec",
    "ConfidenceSpec",
    "DataSpec",
    "DistLossSpec",
    "DkdLossSpec",
    "EmtmSpec",
    "EntropySpec",
    "EvaluationSpec",
    "Expanded",
    "FeatureKauSpec",
    "FeatureLossSpec",
    "Gate",
    "GradientSpec",
    "GroundingCard",
    "GroundingDataSpec",
    "GroundingSpec",
    "GroupCell",
    "HeldOutLearnedSpec",
    "ImageDataSpec",
    "ImageInput",
    "ImageNetSpec",
    "ImageOptimSpec",
    "ImageRecipe",
    "ImageStudentSpec",
    "InnerLossSpec",
    "IsomorphicSpec",
    "KauPlusSpec",
    "KauSpec",
    "KdLossSpec",
    "LearnedSpec",
    "Map2dNet",
    "MedoidSpec",
    "MetaSpec",
    "MethodSpec",
    "ModelCard",
    "MultiTeacherSpec",
    "NetSpec",
    "OnnxProgram",
    "OptimSpec",
    "OracleSpec",
    "ProposalNet",
    "Recipe",
    "RecordingSpec",
    "RegressionNet",
    "ReinforcedSpec",
    "SoloSpec",
    "SpanNet",
    "Spec",
    "SpecError",
    "StaticSpec",
    "StaticWeightsSpec",
    "StudentSpec",
    "TeacherNetSpec",
    "TeacherSpec",
    "TeacherStatement",
    "TextError",
    "TimmNet",
    "TransformersNet",
    "UniformSpec",
    "cell_texts",
    "dump_yaml",
    "expand",
    "holds",
    "is_baseline_name",
    "is_group",
    "is_statement",
    "load_group",
    "load_yaml",
    "parse",
    "parse_gate",
    "read_json",
    "read_yaml",
    "spec_hash",
]
