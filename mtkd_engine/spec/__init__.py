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
from mtkd_engine.spec.data import DataSpec
from mtkd_engine.spec.gates import Gate, holds, is_baseline_name, parse_gate
from mtkd_engine.spec.groups import Expanded, cell_texts, expand, is_group, load_group
from mtkd_engine.spec.job import EvaluationSpec, GroupCell, RecordingSpec, Spec, StudentSpec
from mtkd_engine.spec.load import dump_yaml, load_yaml, parse, spec_hash
from mtkd_engine.spec.methods import AggregateSpec, EmtmSpec, IsomorphicSpec, MethodSpec, SoloSpec
from mtkd_engine.spec.model import ModelCard, Recipe
from mtkd_engine.spec.nets import Map2dNet, NetSpec, ProposalNet, RegressionNet, SpanNet
from mtkd_engine.spec.optim import OptimSpec
from mtkd_engine.spec.teachers import TeacherSpec
from mtkd_engine.spec.text import LARGEST_TEXT, TextError, read_json, read_yaml

__all__ = [
    "LARGEST_TEXT",
    "AggregateSpec",
    "AggregatorSpec",
    "BestSingleSpec",
    "DataSpec",
    "EmtmSpec",
    "EvaluationSpec",
    "Expanded",
    "Gate",
    "GroupCell",
    "IsomorphicSpec",
    "KauPlusSpec",
    "KauSpec",
    "LearnedSpec",
    "Map2dNet",
    "MedoidSpec",
    "MethodSpec",
    "ModelCard",
    "NetSpec",
    "OptimSpec",
    "OracleSpec",
    "ProposalNet",
    "Recipe",
    "RecordingSpec",
    "RegressionNet",
    "SoloSpec",
    "SpanNet",
    "Spec",
    "SpecError",
    "StaticSpec",
    "StudentSpec",
    "TeacherSpec",
    "TextError",
    "UniformSpec",
    "cell_texts",
    "dump_yaml",
    "expand",
    "holds",
    "is_baseline_name",
    "is_group",
    "load_group",
    "load_yaml",
    "parse",
    "parse_gate",
    "read_json",
    "read_yaml",
    "spec_hash",
]
