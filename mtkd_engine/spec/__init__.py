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
from mtkd_engine.spec.classification.clipdata import FeatureDataSpec, FrameDataSpec, StreamDataSpec
from mtkd_engine.spec.classification.clipnets import (
    ClipNetSpec,
    Conv3dNet,
    FrameNet,
    SequenceNet,
    StreamsNet,
    VideoTransformersNet,
)
from mtkd_engine.spec.classification.data import ClassDataSpec, ImageDataSpec
from mtkd_engine.spec.classification.inputs import ClipInput, FeatureInput, ImageInput, StreamsInput
from mtkd_engine.spec.classification.intake import INPUTS, TeacherStatement, is_statement
from mtkd_engine.spec.classification.job import (
    ClassificationSpec,
    ClipClassificationSpec,
    FeatureClassificationSpec,
    ImageClassificationSpec,
    ImageStudentSpec,
    StreamClassificationSpec,
)
from mtkd_engine.spec.classification.kinds import AnyInput, AnyNet, input_is, net_reads
from mtkd_engine.spec.classification.labels import LabelsSpec
from mtkd_engine.spec.classification.methods import (
    DistLossSpec,
    DkdLossSpec,
    FeatureLossSpec,
    InnerLossSpec,
    KdLossSpec,
    MultiTeacherSpec,
)
from mtkd_engine.spec.classification.model import ClassifierCard, ClassRecipe
from mtkd_engine.spec.classification.nets import (
    CifarResNet,
    ImageNetSpec,
    OnnxProgram,
    TeacherNetSpec,
    TimmNet,
    TransformersNet,
)
from mtkd_engine.spec.classification.optim import ClassOptimSpec
from mtkd_engine.spec.classification.staged import StagedSpec
from mtkd_engine.spec.classification.views import AnyAugment, AugmentSpec, ClipAugmentSpec, FeatureAugmentSpec
from mtkd_engine.spec.data import DataSpec, GroundingDataSpec
from mtkd_engine.spec.gates import Gate, holds, is_baseline_name, parse_gate
from mtkd_engine.spec.grounding import GroundingSpec, StudentSpec
from mtkd_engine.spec.groups import Expanded, cell_texts, expand, is_group, load_group
from mtkd_engine.spec.job import EvaluationSpec, GroupCell, RecordingSpec, Spec
from mtkd_engine.spec.load import SPECS, TASKS, dump_yaml, load_yaml, parse, spec_hash, subject_of
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
    "TASKS",
    "AggregateSpec",
    "AggregatorSpec",
    "AnyAugment",
    "AnyInput",
    "AnyNet",
    "AugmentSpec",
    "AverageSpec",
    "BestSingleSpec",
    "CifarResNet",
    "ClassAggregatorSpec",
    "ClassDataSpec",
    "ClassOptimSpec",
    "ClassRecipe",
    "ClassificationSpec",
    "ClassifierCard",
    "ClipAugmentSpec",
    "ClipClassificationSpec",
    "ClipInput",
    "ClipNetSpec",
    "ConfidenceSoftmaxSpec",
    "ConfidenceSpec",
    "Conv3dNet",
    "DataSpec",
    "DistLossSpec",
    "DkdLossSpec",
    "EmtmSpec",
    "EntropySpec",
    "EvaluationSpec",
    "Expanded",
    "FeatureAugmentSpec",
    "FeatureClassificationSpec",
    "FeatureDataSpec",
    "FeatureInput",
    "FeatureKauSpec",
    "FeatureLossSpec",
    "FrameDataSpec",
    "FrameNet",
    "Gate",
    "GradientSpec",
    "GroundingCard",
    "GroundingDataSpec",
    "GroundingSpec",
    "GroupCell",
    "HeldOutLearnedSpec",
    "ImageClassificationSpec",
    "ImageDataSpec",
    "ImageInput",
    "ImageNetSpec",
    "ImageStudentSpec",
    "InnerLossSpec",
    "IsomorphicSpec",
    "KauPlusSpec",
    "KauSpec",
    "KdLossSpec",
    "LabelsSpec",
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
    "SequenceNet",
    "SoloSpec",
    "SpanNet",
    "Spec",
    "SpecError",
    "StagedSpec",
    "StaticSpec",
    "StaticWeightsSpec",
    "StreamClassificationSpec",
    "StreamDataSpec",
    "StreamsInput",
    "StreamsNet",
    "StudentSpec",
    "TeacherNetSpec",
    "TeacherSpec",
    "TeacherStatement",
    "TextError",
    "TimmNet",
    "TransformersNet",
    "UniformSpec",
    "VideoTransformersNet",
    "cell_texts",
    "dump_yaml",
    "expand",
    "holds",
    "input_is",
    "is_baseline_name",
    "is_group",
    "is_statement",
    "load_group",
    "load_yaml",
    "net_reads",
    "parse",
    "parse_gate",
    "read_json",
    "read_yaml",
    "spec_hash",
    "subject_of",
]
