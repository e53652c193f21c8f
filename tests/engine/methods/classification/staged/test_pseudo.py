"""The book of pseudo labels: what it answers is known."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from mtkd_engine.methods.classification.staged.pseudo import PseudoLabels
from mtkd_engine.spec.classification.staged import PseudoLabelSpec

NOBODY = torch.zeros(6, dtype=torch.bool)


def _book(*, labelled_N: Tensor = NOBODY, classes: int = 2, **spec: Any) -> PseudoLabels:
    return PseudoLabels(PseudoLabelSpec(**spec), labelled_N=labelled_N, classes=classes)


def _rows(*rows: int) -> Tensor:
    return torch.tensor(rows)


def _log(*probs: list[list[float]]) -> Tensor:
    """Beliefs (T, B, C) of each teacher."""
    return torch.tensor(probs, dtype=torch.float32).log()


def test_a_belief_is_the_weighted_mean_of_teachers_then_the_moving_mean_over_views() -> None:
    book = _book(momentum=0.25)
    weights_BT = torch.tensor([[0.75, 0.25]])
    book.saw(_rows(2), _log([[0.8, 0.2]], [[0.4, 0.6]]), weights_BT)
    assert book.belief_NC[2].tolist() == pytest.approx([0.7, 0.3])
    book.saw(_rows(2), _log([[0.1, 0.9]], [[0.1, 0.9]]), weights_BT)
    assert book.belief_NC[2].tolist() == pytest.approx([0.75 * 0.7 + 0.25 * 0.1, 0.75 * 0.3 + 0.25 * 0.9])
    assert not book.belief_NC[[0, 1, 3, 4, 5]].any()


def test_teachers_that_are_sure_and_agree_are_certain_and_those_that_contradict_are_not() -> None:
    book, even_BT = _book(), torch.tensor([[0.5, 0.5]] * 3)
    sure, other, unsure = [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]
    book.saw(_rows(0, 1, 2), _log([sure, sure, unsure], [sure, other, unsure]), even_BT)
    assert book.uncertainty(_rows(0, 1, 2)).tolist() == pytest.approx([0.0, 1.0, 1.0])


def test_uncertainty_is_entropy_and_the_variance_over_teachers_and_views() -> None:
    book = _book(momentum=0.5)
    views = [([0.9, 0.1], [0.7, 0.3]), ([1.0, 0.0], [0.8, 0.2])]
    for one, other in views:
        book.saw(_rows(4), _log([one], [other]), torch.tensor([[0.5, 0.5]]))
    said = [p[0] for view in views for p in view]
    mean = sum(said) / 4
    entropy = -(mean * math.log(mean) + (1 - mean) * math.log(1 - mean)) / math.log(2)
    variance = 2 * sum((p - mean) ** 2 for p in said) / 4 / (1 - 1 / 2)
    assert float(book.uncertainty(_rows(4))) == pytest.approx(entropy + variance, rel=1e-5)


def test_a_target_is_sharpened_and_counts_as_it_is_certain() -> None:
    book = _book(threshold=0.7, sharpening=0.5)
    book.saw(_rows(0, 1), _log([[0.8, 0.2], [0.6, 0.4]]), torch.ones(2, 1))
    targets = book.targets(_rows(0, 1))
    assert targets.probs_BC[0].tolist() == pytest.approx([0.64 / 0.68, 0.04 / 0.68])
    entropy = -(0.8 * math.log2(0.8) + 0.2 * math.log2(0.2))
    assert targets.weights_B.tolist() == pytest.approx([1 - entropy, 0.0], rel=1e-5)


def test_thresholds_follow_how_many_samples_of_a_class_are_sure() -> None:
    book = _book(classes=3, threshold=0.9, floor=0.1)
    said = [[0.96, 0.02, 0.02]] * 4 + [[0.02, 0.96, 0.02]] + [[0.1, 0.1, 0.8]]
    book.saw(torch.arange(6), _log(said), torch.ones(6, 1))
    beta = 1 / 4
    assert book.thresholds().tolist() == pytest.approx([0.9, 0.9 * beta / (2 - beta), 0.1])
    assert book.accepted().tolist() == [True] * 6


def test_no_threshold_is_below_the_floor_nor_below_tau_while_nothing_is_sure() -> None:
    book = _book(classes=3, threshold=0.9, floor=0.5)
    assert book.thresholds().tolist() == pytest.approx([0.9] * 3)
    book.saw(_rows(0, 1), _log([[0.96, 0.02, 0.02], [0.1, 0.45, 0.45]]), torch.ones(2, 1))
    assert book.thresholds().tolist() == pytest.approx([0.9, 0.5, 0.5])
    assert book.accepted().tolist() == [True] + [False] * 5


def test_samples_with_a_label_keep_it_and_say_nothing_about_thresholds() -> None:
    labelled_N = torch.tensor([True, True, True, False, False, False])
    book = _book(labelled_N=labelled_N, classes=2, floor=0.1)
    said = [[0.99, 0.01]] * 3 + [[0.01, 0.99]] * 2 + [[0.85, 0.15]]
    book.saw(torch.arange(6), _log(said), torch.ones(6, 1))
    assert book.thresholds().tolist() == pytest.approx([0.1, 0.9])
    assert book.accepted().tolist() == [False, False, False, True, True, True]
    assert book.targets(torch.arange(6)).weights_B[:3].tolist() == [0, 0, 0]


def test_what_was_never_seen_is_not_accepted() -> None:
    book = _book(floor=0.0, threshold=0.0)
    assert not book.accepted().any()
    assert book.tally(torch.zeros(6, dtype=torch.int64)).values == {"accepted": 0.0}


def test_a_tally_counts_by_class_and_holds_against_the_truth() -> None:
    book = _book(classes=2, labelled_N=torch.tensor([False] * 5 + [True]))
    said = [[0.99, 0.01]] * 2 + [[0.01, 0.99]] * 2 + [[0.5, 0.5]] * 2
    book.saw(torch.arange(6), _log(said), torch.ones(6, 1))
    tally = book.tally(torch.tensor([0, 1, 1, 1, 0, 0]))
    assert (tally.unlabelled, tally.accepted, tally.right) == (5, 4, 3)
    assert (tally.accepted_C, tally.right_C) == ([2, 2], [1, 2])
    assert tally.values["accepted"] == pytest.approx(0.8)
    assert tally.values["accuracy"] == pytest.approx(0.75)
    assert tally.values["weight"] == pytest.approx(float(1 - book.uncertainty(_rows(0))))


def test_a_class_that_every_teacher_rules_out_is_no_number_of_another_kind() -> None:
    book = _book(classes=3)
    book.saw(_rows(1), _log([[1.0, 0.0, 0.0]]), torch.ones(1, 1))
    targets = book.targets(_rows(1))
    assert targets.probs_BC.isfinite().all()
    assert targets.weights_B.tolist() == pytest.approx([1.0])


def test_the_order_of_a_batch_does_not_matter() -> None:
    log_probs_TBC = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0)).log_softmax(2)
    weights_BT = torch.rand(6, 2, generator=torch.Generator().manual_seed(1)).softmax(1)
    order_B = _rows(3, 0, 5, 1, 4, 2)
    plain, other = _book(classes=4), _book(classes=4)
    plain.saw(torch.arange(6), log_probs_TBC, weights_BT)
    other.saw(order_B, log_probs_TBC[:, order_B], weights_BT[order_B])
    for name, value in plain.state_dict().items():
        assert torch.equal(other.state_dict()[name], value)


def test_its_state_is_all_that_it_knows() -> None:
    plain = _book(classes=3)
    plain.saw(_rows(0, 3), _log([[0.9, 0.05, 0.05], [0.3, 0.3, 0.4]]), torch.ones(2, 1))
    other = _book(classes=3)
    other.load_state_dict(plain.state_dict())
    for book in (plain, other):
        book.saw(_rows(3, 5), _log([[0.2, 0.2, 0.6], [0.98, 0.01, 0.01]]), torch.ones(2, 1))
    assert torch.equal(plain.targets(torch.arange(6)).weights_B, other.targets(torch.arange(6)).weights_B)
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in plain.state_dict().items())
