"""What holds for everything that teaches an aggregator beside the student."""

from __future__ import annotations

import io
from typing import Any

import pytest
import torch

from mtkd_engine.aggregators.registry import build_for_classes
from mtkd_engine.methods.classification.learning import learner_of
from mtkd_engine.spec import (
    AverageSpec,
    ClassAggregatorSpec,
    ConfidenceSpec,
    FeatureKauSpec,
    MetaSpec,
    MultiTeacherSpec,
    ReinforcedSpec,
    StaticWeightsSpec,
)
from tests.engine.methods.classification.learning.classroom import a_class

CASES: dict[str, ClassAggregatorSpec] = {
    "static": StaticWeightsSpec(every=2),
    "kau": FeatureKauSpec(hidden=8, every=2),
    "meta": MetaSpec(every=2, buffer=32),
    "reinforced": ReinforcedSpec(hidden=8),
}
every = pytest.mark.parametrize("spec", CASES.values(), ids=CASES.keys())


def through_a_file(state: dict[str, Any]) -> dict[str, Any]:
    """As a checkpoint does it."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    found: dict[str, Any] = torch.load(file, weights_only=True)
    return found


@every
def test_what_goes_on_from_a_checkpoint_goes_on_with_the_same_bits(spec: ClassAggregatorSpec) -> None:
    classroom = a_class(1.0, 3.0, 0.0)
    aggregator, learner = classroom.taught(spec, steps=7)
    kept, kept_learner = through_a_file(aggregator.state_dict()), through_a_file(learner.state_dict())
    other, other_learner = classroom.beginner(spec)
    other.load_state_dict(kept)
    other_learner.load_state_dict(kept_learner)
    for step in range(8, 14):
        first = learner.after(classroom.draw(step), step=step, rate=0.05)
        second = other_learner.after(classroom.draw(step), step=step, rate=0.05)
        assert {name: float(value) for name, value in first.items()} == {
            name: float(value) for name, value in second.items()
        }
    for name, value in aggregator.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


@every
def test_a_kept_state_is_not_changed_by_going_on(spec: ClassAggregatorSpec) -> None:
    classroom = a_class(1.0, 3.0, 0.0)
    _, learner = classroom.taught(spec, steps=3)
    kept = through_a_file(learner.state_dict())
    learner.load_state_dict(kept)
    before = through_a_file(kept)
    learner.after(classroom.draw(5), step=5, rate=0.05)
    assert str(kept) == str(before)


@every
def test_the_student_is_left_as_it_is(spec: ClassAggregatorSpec) -> None:
    classroom = a_class(1.0, 3.0, 0.0)
    before = {name: value.clone() for name, value in classroom.student.state_dict().items()}
    aggregator, _ = classroom.taught(spec, steps=6)
    assert classroom.student.training
    assert all(parameter.grad is None for parameter in classroom.student.parameters())
    assert all(torch.equal(value, before[name]) for name, value in classroom.student.state_dict().items())
    assert any(
        bool(value.any())
        for name, value in aggregator.state_dict().items()
        if "output" in name or name == "scores"
    )


@every
def test_numbers_are_told_at_every_step_and_carry_no_gradient(spec: ClassAggregatorSpec) -> None:
    classroom = a_class(1.0, 3.0, 0.0)
    _, learner = classroom.beginner(spec)
    with torch.no_grad():  # as after a step
        told = [learner.after(classroom.draw(step), step=step, rate=0.05) for step in range(1, 4)]
    assert all(set(one) == set(learner.observes) for one in told)
    assert not any(value.requires_grad for one in told for value in one.values())
    first, second = ([float(value) for value in one.values()] for one in told[:2])
    assert any(first)
    assert (first == second) == (spec.kind != "reinforced")  # nothing is learned at the second step


def test_the_aggregator_is_no_part_of_its_learner() -> None:
    aggregator, learner = a_class(1.0, 3.0).beginner(CASES["kau"])
    assert not list(learner.parameters())
    assert learner.aggregator is aggregator
    assert set(learner.state_dict()) == {"seen_N", "_extra_state"}


@pytest.mark.parametrize("name", ["static", "kau", "reinforced"])
def test_what_has_no_held_out_samples_learns_from_the_batch_at_hand(name: str) -> None:
    classroom = a_class(0.0, 6.0)
    aggregator, _ = classroom.taught(CASES[name], steps=40, held_out=False)
    assert float(classroom.whole().weights(aggregator).detach()[:, 1].mean()) > 0.55


@pytest.mark.parametrize("spec", [AverageSpec(), ConfidenceSpec()], ids=lambda spec: spec.kind)
def test_what_has_nothing_to_learn_has_no_learner(spec: ClassAggregatorSpec) -> None:
    aggregator = build_for_classes(spec, teachers=2, classes=3, feature_width=4, temperature=1.0)
    assert learner_of(MultiTeacherSpec(aggregator=spec), aggregator, held_out=None) is None
