"""Classifiers are measured as the field measures them."""

from __future__ import annotations

import math

import pytest
import torch

from mtkd_engine.tasks.classification import Quality

PROBS = torch.tensor(
    [
        [0.7, 0.2, 0.1],
        [0.4, 0.5, 0.1],
        [0.1, 0.3, 0.6],
        [0.2, 0.2, 0.6],
    ]
)
LABELS = torch.tensor([0, 0, 2, 1])


def literal_ece(probs: torch.Tensor, labels: torch.Tensor) -> float:
    """Every bin by itself, as the formula reads."""
    confidence, predicted = probs.double().max(1)
    total = 0.0
    for number in range(15):
        inside = (confidence > number / 15) & (confidence <= (number + 1) / 15)
        if inside.any():
            right = (predicted == labels)[inside].double().mean()
            total += float(inside.double().mean() * (right - confidence[inside].mean()).abs())
    return total


def random_quality(samples: int = 400, classes: int = 7) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    labels = torch.randint(0, classes, (samples,), generator=generator)
    logits = torch.randn(samples, classes, generator=generator)
    logits[torch.arange(samples), labels] += 1.0
    return torch.log_softmax(logits, 1), labels


def test_values_of_four_samples_are_those_computed_by_hand() -> None:
    quality = Quality.of(PROBS.log(), LABELS)
    values = quality.values
    assert values["top1"] == 0.5
    assert values["top5"] == 1.0  # fewer classes than five: all count
    assert values["nll"] == pytest.approx(
        -(math.log(0.7) + math.log(0.4) + math.log(0.6) + math.log(0.2)) / 4
    )
    assert values["ece"] == pytest.approx((0.3 + 0.5 + abs(1 - 1.2)) / 4, abs=1e-6)
    torch.testing.assert_close(quality.log_truth_N.exp(), torch.tensor([0.7, 0.4, 0.6, 0.2]))
    assert quality.correct_N.tolist() == [True, False, True, False]
    assert quality.predicted_N.tolist() == [0, 1, 2, 2]
    assert quality.rank_N.tolist() == [0, 1, 0, 2]


def test_values_of_many_samples_are_those_of_literal_formulas() -> None:
    log_probs, labels = random_quality()
    values = Quality.of(log_probs, labels).values
    assert values["top1"] == pytest.approx(float((log_probs.argmax(1) == labels).double().mean()))
    within = (log_probs.topk(5, dim=1).indices == labels.unsqueeze(1)).any(1)
    assert values["top5"] == pytest.approx(float(within.double().mean()))
    assert values["nll"] == pytest.approx(float(torch.nn.functional.nll_loss(log_probs, labels)), rel=1e-6)
    assert values["ece"] == pytest.approx(literal_ece(log_probs.exp(), labels), abs=1e-6)


def test_batches_joined_are_measured_like_the_whole() -> None:
    log_probs, labels = random_quality()
    parts = [Quality.of(log_probs[part], labels[part]) for part in (slice(0, 150), slice(150, 400))]
    joined, whole = Quality.joined(parts), Quality.of(log_probs, labels)
    assert joined.values == whole.values
    assert torch.equal(joined.confusion(), whole.confusion())


def test_a_class_that_stands_first_of_equals_is_the_one_that_counts() -> None:
    flat = torch.full((3, 3), 1 / 3).log()
    quality = Quality.of(flat, torch.tensor([0, 1, 2]))
    assert quality.rank_N.tolist() == [0, 1, 2]
    assert quality.values["top1"] == pytest.approx(1 / 3)


def test_bins_hold_every_sample_and_a_sure_right_classifier_is_calibrated() -> None:
    log_probs, labels = random_quality()
    assert sum(one.samples for one in Quality.of(log_probs, labels).bins()) == 400
    sure = Quality.of(torch.eye(3).log(), torch.arange(3))
    assert sure.values == {"top1": 1.0, "top5": 1.0, "ece": 0.0, "nll": 0.0}
    last = sure.bins()[-1]
    assert (last.samples, last.confidence, last.accuracy) == (3, 1.0, 1.0)


def test_the_table_of_classes_and_the_confusion_matrix_agree() -> None:
    quality = Quality.of(PROBS.log(), LABELS)
    assert quality.confusion().tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 1]]
    first, second, third = quality.by_class(["a", "b", "c"])
    assert (first.name, first.samples, first.predicted, first.recall, first.precision) == (
        "a",
        2,
        1,
        0.5,
        1.0,
    )
    assert (second.recall, second.precision) == (0.0, 0.0)
    assert (third.recall, third.precision) == (1.0, 0.5)
    assert quality.confused() == [(0, 1, 1), (1, 2, 1)]


def test_classes_that_never_come_have_neither_share() -> None:
    quality = Quality.of(PROBS.log().repeat(2, 1)[:1], torch.tensor([0]))
    row = quality.by_class(["a", "b", "c"])[2]
    assert (row.samples, row.predicted, row.recall, row.precision) == (0, 0, None, None)


def test_agreement_is_the_share_of_equal_answers_right_or_wrong() -> None:
    one = Quality.of(PROBS.log(), LABELS)
    other = Quality.of(PROBS[[0, 0, 2, 3]].log(), LABELS)
    assert one.agreement(one) == 1.0
    assert one.agreement(other) == 0.75
