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
    BranchesNet,
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
from mtkd_engine.spec.dense.data import DenseDataSpec
from mtkd_engine.spec.dense.inputs import DenseInput, FilmInput, PictureInput
from mtkd_engine.spec.dense.intake import DENSE_TASKS, DenseStatement, is_dense_statement
from mtkd_engine.spec.dense.job import DenseSpec, DenseStudentSpec
from mtkd_engine.spec.dense.methods import DenseMethodSpec
from mtkd_engine.spec.dense.nets import PictureNetSpec, PyramidNet, SegformerNet, UperNet
from mtkd_engine.spec.dense.optim import DenseOptimSpec
from mtkd_engine.spec.dense.recipe import DenseRecipe
from mtkd_engine.spec.dense.views import DenseAugmentSpec
from mtkd_engine.spec.gates import Gate, holds, is_baseline_name, parse_gate
from mtkd_engine.spec.grounding import GroundingSpec, StudentSpec
from mtkd_engine.spec.groups import Expanded, cell_texts, expand, is_group, load_group
from mtkd_engine.spec.job import EvaluationSpec, GroupCell, RecordingSpec, Spec
from mtkd_engine.spec.load import SPECS, TASKS, dump_yaml, kind_of, load_yaml, parse, spec_hash, subject_of
from mtkd_engine.spec.methods import AggregateSpec, EmtmSpec, IsomorphicSpec, MethodSpec, SoloSpec
from mtkd_engine.spec.model import GroundingCard, ModelCard, Recipe
from mtkd_engine.spec.nets import Map2dNet, NetSpec, ProposalNet, RegressionNet, SpanNet
from mtkd_engine.spec.online import WITHOUT_TEACHERS, EnsembleSpec, SelfSpec
from mtkd_engine.spec.optim import OptimSpec, PixelOptimSpec
from mtkd_engine.spec.saliency.data import GazeDataSpec, GazeVideoDataSpec, LookedAtSpec
from mtkd_engine.spec.saliency.job import AnySaliencySpec, SaliencySpec, VideoSaliencySpec
from mtkd_engine.spec.saliency.model import SaliencyCard
from mtkd_engine.spec.saliency.nets import AnySaliencyNet, Conv3dMaps, FilmNetSpec, SpaceTimeNet
from mtkd_engine.spec.segmentation.data import MaskDataSpec
from mtkd_engine.spec.segmentation.job import SegmentationSpec
from mtkd_engine.spec.segmentation.model import SegmenterCard
from mtkd_engine.spec.teachers import TeacherSpec
from mtkd_engine.spec.text import LARGEST_TEXT, TextError, read_json, read_yaml
from mtkd_engine.spec.zoo import MutualSpec, PartitionSpec, ZooMethodPart
from mtkd_engine.spec_error import SpecError

__all__ = [
    "DENSE_TASKS",
    "INPUTS",
    "LARGEST_TEXT",
    "SPECS",
    "TASKS",
    "WITHOUT_TEACHERS",
    "AggregateSpec",
    "AggregatorSpec",
    "AnyAugment",
    "AnyInput",
    "AnyNet",
    "AnySaliencyNet",
    "AnySaliencySpec",
    "AugmentSpec",
    "AverageSpec",
    "BestSingleSpec",
    "BranchesNet",
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
    "Conv3dMaps",
    "Conv3dNet",
    "DataSpec",
    "DenseAugmentSpec",
    "DenseDataSpec",
    "DenseInput",
    "DenseMethodSpec",
    "DenseOptimSpec",
    "DenseRecipe",
    "DenseSpec",
    "DenseStatement",
    "DenseStudentSpec",
    "DistLossSpec",
    "DkdLossSpec",
    "EmtmSpec",
    "EnsembleSpec",
    "EntropySpec",
    "EvaluationSpec",
    "Expanded",
    "FeatureAugmentSpec",
    "FeatureClassificationSpec",
    "FeatureDataSpec",
    "FeatureInput",
    "FeatureKauSpec",
    "FeatureLossSpec",
    "FilmInput",
    "FilmNetSpec",
    "FrameDataSpec",
    "FrameNet",
    "Gate",
    "GazeDataSpec",
    "GazeVideoDataSpec",
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
    "LookedAtSpec",
    "Map2dNet",
    "MaskDataSpec",
    "MedoidSpec",
    "MetaSpec",
    "MethodSpec",
    "ModelCard",
    "MultiTeacherSpec",
    "MutualSpec",
    "NetSpec",
    "OnnxProgram",
    "OptimSpec",
    "OracleSpec",
    "PartitionSpec",
    "PictureInput",
    "PictureNetSpec",
    "PixelOptimSpec",
    "ProposalNet",
    "PyramidNet",
    "Recipe",
    "RecordingSpec",
    "RegressionNet",
    "ReinforcedSpec",
    "SaliencyCard",
    "SaliencySpec",
    "SegformerNet",
    "SegmentationSpec",
    "SegmenterCard",
    "SelfSpec",
    "SequenceNet",
    "SoloSpec",
    "SpaceTimeNet",
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
    "UperNet",
    "VideoSaliencySpec",
    "VideoTransformersNet",
    "ZooMethodPart",
    "cell_texts",
    "dump_yaml",
    "expand",
    "holds",
    "input_is",
    "is_baseline_name",
    "is_dense_statement",
    "is_group",
    "is_statement",
    "kind_of",
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
