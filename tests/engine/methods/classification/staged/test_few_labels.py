"""Students of few labels: what they may know, and what stands in for the rest."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mtkd_engine.spec import AverageSpec, ClassAggregatorSpec, ConfidenceSpec
from mtkd_engine.spec.classification.staged import PseudoLabelSpec, StagedSpec
from tests.engine.methods.classification.staged.steps import EASY, measure, take_steps, tensors_of
from tests.engine.methods.classification.staged.studio import (
    CLASSES,
    SAMPLES,
    Pictures,
    apprentice,
    some_labelled,
    true_labels,
)


def _bits(labels: list[int], spec: StagedSpec) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    method, train = apprentice(spec, labels=labels, labelled=some_labelled())
    said: list[dict[str, float]] = []
    for stage in method.plan:
        method.enter(stage)
        said += take_steps(method, train, steps=3 if stage is method.plan[0] else 1)
        with torch.no_grad():
            method.eval()
            method.measure(step=1)
    return tensors_of(method), said


@pytest.mark.parametrize("aggregator", [AverageSpec(), ConfidenceSpec()], ids=["uniform", "confidence"])
def test_hidden_labels_change_no_bit_of_a_training(aggregator: ClassAggregatorSpec) -> None:
    spec = StagedSpec(pseudo=EASY, aggregator=aggregator)
    wrong = [
        label if kept else (label + 1 + n) % CLASSES
        for n, (label, kept) in enumerate(zip(true_labels(), some_labelled(), strict=True))
    ]
    plain, said = _bits(true_labels(), spec)
    other, said_too = _bits(wrong, spec)
    assert said == said_too
    assert said[-1]["pseudo"] > 0
    assert all(torch.equal(value, other[name]) for name, value in plain.items())


def test_known_labels_do_change_a_training() -> None:
    wrong = [(label + kept) % CLASSES for label, kept in zip(true_labels(), some_labelled(), strict=True)]
    assert _bits(true_labels(), StagedSpec(pseudo=EASY))[1] != _bits(wrong, StagedSpec(pseudo=EASY))[1]


def test_a_stage_without_labels_looks_at_none() -> None:
    said = []
    for labels in (true_labels(), [0] * SAMPLES):
        method, train = apprentice(labels=labels)
        said.append(take_steps(method, train))
    assert said[0] == said[1]


def test_without_pseudo_labels_only_samples_with_a_label_count() -> None:
    spec = StagedSpec(pseudo=PseudoLabelSpec(enabled=False))
    method, train = apprentice(spec, labelled=some_labelled())
    method.enter(method.plan[-1])
    assert method.pseudo is None
    terms = method.terms(train.at_view(-1, range(12)))
    assert set(terms.losses) == {"hard", "kd"}


def test_of_mixed_samples_teachers_are_asked_once_as_they_are() -> None:
    spec, labelled = StagedSpec(pseudo=EASY), some_labelled()
    splits = Pictures(true_labels(), labelled=labelled, mixes=True), Pictures([0, 1], name="val")
    method, train = apprentice(spec, labelled=labelled, splits=splits)
    plain, _ = apprentice(spec, labelled=labelled)
    rows = range(SAMPLES)
    method.terms(train.batch(rows))
    plain.terms(train.at_view(-1, rows))
    assert method.pseudo is not None
    assert plain.pseudo is not None
    torch.testing.assert_close(method.pseudo.belief_NC, plain.pseudo.belief_NC)
    before = method.pseudo.belief_NC.clone()
    method.enter(method.plan[-1])
    terms = method.terms(train.batch(rows))
    assert float(terms.losses["pseudo"].detach()) > 0
    assert torch.equal(method.pseudo.belief_NC, before)


def test_pseudo_labels_are_reported_beside_the_truth() -> None:
    method, train = apprentice(StagedSpec(pseudo=EASY), labelled=some_labelled())
    take_steps(method, train, steps=3)
    _, values, _ = measure(method)
    tally = method.tally()
    assert tally is not None
    assert tally.unlabelled == SAMPLES - SAMPLES // 4
    assert values["pseudo/accepted"] == pytest.approx(tally.accepted / tally.unlabelled)
    assert values["pseudo/accuracy"] == pytest.approx(tally.right / tally.accepted)
