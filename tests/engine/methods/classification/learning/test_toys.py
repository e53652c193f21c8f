"""What learns finds the teacher that is worth listening to, and where."""

from __future__ import annotations

import pytest
import torch

from mtkd_engine.aggregators.classification import mix
from mtkd_engine.evaluation.classification.static import fit_static, truths_of
from mtkd_engine.spec import (
    ClassAggregatorSpec,
    FeatureKauSpec,
    MetaSpec,
    ReinforcedSpec,
    StaticWeightsSpec,
)
from tests.engine.methods.classification.learning.classroom import Classroom, a_class, region

LEARNED: dict[str, ClassAggregatorSpec] = {
    "static": StaticWeightsSpec(learning_rate=0.05, every=1),
    "kau": FeatureKauSpec(hidden=8, learning_rate=0.02, every=1),
    "kau without beliefs": FeatureKauSpec(hidden=8, learning_rate=0.02, every=1, beliefs=False),
    "meta": MetaSpec(learning_rate=0.02, every=1),
    "reinforced": ReinforcedSpec(hidden=8),
}


def mean_weights(classroom: Classroom, spec: ClassAggregatorSpec, *, steps: int) -> list[float]:
    aggregator, _ = classroom.taught(spec, steps=steps)
    return classroom.whole().weights(aggregator).mean(0).tolist()


@pytest.mark.parametrize("name", LEARNED)
def test_one_good_teacher_among_noise_is_found(name: str) -> None:
    weights = mean_weights(a_class(0.0, 6.0, 0.0), LEARNED[name], steps=150)
    assert weights[1] > 0.8, weights


@pytest.mark.parametrize("name", LEARNED)
def test_identical_teachers_keep_equal_shares(name: str) -> None:
    classroom = a_class(2.0)
    classroom.log_probs_TNC = classroom.log_probs_TNC.repeat(3, 1, 1)
    aggregator, _ = classroom.taught(LEARNED[name], steps=30)
    weights_BT = classroom.whole().weights(aggregator)
    torch.testing.assert_close(weights_BT, torch.full_like(weights_BT, 1 / 3), rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["kau without beliefs", "kau", "reinforced"])
def test_experts_by_region_are_found_by_what_sees_the_region(name: str) -> None:
    here_N = region()
    classroom = a_class(6.0 * here_N, 6.0 * ~here_N)
    aggregator, _ = classroom.taught(LEARNED[name], steps=200)
    weights_NT = classroom.whole().weights(aggregator).detach()
    assert float(weights_NT[here_N, 0].mean()) > 0.8
    assert float(weights_NT[~here_N, 1].mean()) > 0.8


def test_static_weights_cannot_tell_regions_apart_and_a_gate_makes_labels_likelier() -> None:
    here_N = region()
    classroom = a_class(6.0 * here_N, 6.0 * ~here_N)
    static = mean_weights(classroom, LEARNED["static"], steps=150)
    assert static == pytest.approx([0.5, 0.5], abs=0.1)
    lesson, losses = classroom.whole(), []
    for name in ("static", "kau without beliefs"):
        aggregator, _ = classroom.taught(LEARNED[name], steps=150)
        with torch.no_grad():
            mixed_BC = mix(lesson.weights(aggregator), lesson.signals, temperature=1.0, space="probability")
        losses.append(float(torch.nn.functional.nll_loss(mixed_BC, lesson.batch.labels_B)))
    assert losses[1] < 0.8 * losses[0]


def test_static_weights_learn_what_is_likeliest() -> None:
    classroom = a_class(1.0, 3.0, 2.0)
    lesson = classroom.whole()
    best_T = fit_static(truths_of(lesson.signals, lesson.batch.labels_B))
    learned = mean_weights(classroom, StaticWeightsSpec(learning_rate=0.05, every=1), steps=400)
    assert learned == pytest.approx(best_T.tolist(), abs=0.06)
