"""Weighing and learning leave everything on the device; only a meta-step asks which samples are hard."""

from __future__ import annotations

import pytest
import torch

from mtkd_engine.aggregators.classification import ClassContext
from mtkd_engine.aggregators.registry import build_for_classes
from mtkd_engine.spec import (
    AverageSpec,
    BestSingleSpec,
    ClassAggregatorSpec,
    ConfidenceSoftmaxSpec,
    ConfidenceSpec,
    EntropySpec,
    FeatureKauSpec,
    GradientSpec,
    MetaSpec,
    OracleSpec,
    ReinforcedSpec,
    StaticWeightsSpec,
)
from tests.engine.methods.classification.learning.classroom import CLASSES, WIDTH, a_class
from tests.engine.waits import Watched


def test_the_watch_notices_who_reads_back() -> None:
    with Watched() as watched:
        float(torch.ones(1))
        torch.ones(2).nonzero()
    assert watched.found == ["_local_scalar_dense", "nonzero"]


@pytest.mark.parametrize(
    "spec",
    [
        *(AverageSpec(), BestSingleSpec(), OracleSpec(), EntropySpec(), ConfidenceSpec()),
        *(ConfidenceSoftmaxSpec(), GradientSpec(), StaticWeightsSpec(), FeatureKauSpec(), MetaSpec()),
        ReinforcedSpec(),
    ],
    ids=lambda spec: spec.kind,
)
def test_weighing_reads_nothing_back(spec: ClassAggregatorSpec) -> None:
    lesson = a_class(1.0, 3.0, 0.0).draw(1)
    assert lesson.features_BF is not None
    aggregator = build_for_classes(spec, teachers=3, classes=CLASSES, feature_width=WIDTH, temperature=4.0)
    with Watched() as watched:
        aggregator.weights(
            lesson.signals,
            ClassContext(lesson.features_BF),
            student=lesson.logits_BC,
            labels=lesson.batch.labels_B,
        )
    assert watched.found == []


@pytest.mark.parametrize(
    "spec",
    [StaticWeightsSpec(every=1), FeatureKauSpec(every=1), ReinforcedSpec()],
    ids=lambda spec: spec.kind,
)
def test_lessons_read_nothing_back(spec: ClassAggregatorSpec) -> None:
    classroom = a_class(1.0, 3.0, 0.0)
    _, learner = classroom.beginner(spec)
    with Watched() as watched:
        for step in (1, 2):
            learner.after(classroom.draw(step), step=step, rate=0.05)
    assert watched.found == []


def test_steps_between_meta_steps_read_nothing_back() -> None:
    classroom = a_class(1.0, 3.0, 0.0)
    _, learner = classroom.taught(MetaSpec(every=3), steps=1)
    lesson = classroom.draw(2)
    with Watched() as watched:
        learner.after(lesson, step=2, rate=0.05)
    assert watched.found == []
