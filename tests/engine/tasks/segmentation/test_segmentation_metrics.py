"""Intersection over union and accuracies: what the field counts, at the size of each mask.

Shape suffixes: B samples, N of a split, C classes, H and W pixels.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mtkd_engine.tasks.segmentation import VOID, Confusion, metrics


def drawn(seed: int, *, samples: int = 4, classes: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Predictions and truths with some void, class 3 in neither."""
    rng = np.random.default_rng(seed)
    predicted = rng.integers(0, classes - 1, (samples, 6, 7)).astype(np.uint8)
    truth = rng.integers(0, classes - 1, (samples, 6, 7)).astype(np.uint8)
    truth[rng.random(truth.shape) < 0.2] = VOID
    return torch.from_numpy(predicted), torch.from_numpy(truth)


def plainly(predicted: np.ndarray, truth: np.ndarray, classes: int) -> tuple[list[float], list[float]]:
    """IoU and accuracy of each class, by sets of pixels; nan where there is nothing to divide by."""
    told = truth != VOID
    ious, found = [], []
    for number in range(classes):
        one, other = (predicted == number) & told, truth == number
        either = (one | other).sum()
        ious.append((one & other).sum() / either if either else math.nan)
        found.append((one & other).sum() / other.sum() if other.any() else math.nan)
    return ious, found


def test_values_are_those_of_counting_sets_of_pixels() -> None:
    predicted, truth = drawn(0)
    counted = Confusion.of(predicted, truth, classes=4)
    ious, found = plainly(predicted.numpy(), truth.numpy(), 4)
    told = truth != VOID
    assert counted.values == pytest.approx(
        {
            "miou": np.nanmean(ious),
            "pixel_accuracy": float((predicted == truth)[told].double().mean()),
            "class_accuracy": np.nanmean(found),
        }
    )
    rows = counted.by_class(list("abcd"))
    assert [row.iou for row in rows[:3]] == pytest.approx(ious[:3])
    assert [row.accuracy for row in rows[:3]] == pytest.approx(found[:3])
    assert (rows[3].iou, rows[3].accuracy, rows[3].pixels) == (None, None, 0)
    assert int(counted.cells_CC.sum()) == int(told.sum())


def test_a_class_that_is_only_predicted_counts_and_one_that_is_nowhere_does_not() -> None:
    truth = torch.tensor([[[0, 0, 0, VOID]]], dtype=torch.uint8)
    predicted = torch.tensor([[[0, 0, 1, 1]]], dtype=torch.uint8)
    values = Confusion.of(predicted, truth, classes=5).values
    assert values["miou"] == pytest.approx((2 / 3 + 0) / 2)
    assert values["class_accuracy"] == pytest.approx(2 / 3)


def test_parts_of_a_split_add_up_before_anything_is_divided() -> None:
    predicted, truth = drawn(1, samples=5)
    whole = Confusion.of(predicted, truth, classes=4)
    parts = [Confusion.of(predicted[rows], truth[rows], classes=4) for rows in (slice(0, 2), slice(2, 5))]
    joined = Confusion.joined(parts)
    assert joined.values == whole.values
    assert torch.equal(joined.quality_N, whole.quality_N)
    assert torch.equal(joined.cells_CC, whole.cells_CC)


def test_the_quality_of_a_sample_is_its_mean_iou_over_classes_of_its_truth() -> None:
    predicted, truth = drawn(2)
    truth[3] = VOID
    truth[1][truth[1] == 2] = 0
    counted = Confusion.of(predicted, truth, classes=4)
    for row in range(3):
        ious, found = plainly(predicted[row].numpy(), truth[row].numpy(), 4)
        there = [iou for iou, share in zip(ious, found, strict=True) if not math.isnan(share)]
        assert float(counted.quality_N[row]) == pytest.approx(np.mean(there))
        told = truth[row] != VOID
        assert float(counted.right_N[row]) == pytest.approx(
            float((predicted[row] == truth[row])[told].float().mean())
        )
    assert float(counted.quality_N[3]) == float(counted.right_N[3]) == 0


def test_beliefs_are_measured_at_the_size_of_each_mask() -> None:
    log_probs = torch.randn(2, 3, 4, 4).log_softmax(1)
    wide, high = torch.zeros(4, 12, dtype=torch.uint8), torch.ones(9, 5, dtype=torch.uint8)
    counted = Confusion.at_full(log_probs, [wide, high])
    assert counted.truth_NC.tolist() == [[48, 0, 0], [0, 45, 0]]
    alone = Confusion.at_full(log_probs[1:], [high])
    assert torch.equal(alone.predicted_NC[0], counted.predicted_NC[1])
    large = torch.nn.functional.interpolate(log_probs[1:], size=(9, 5), mode="bilinear").argmax(1)
    assert counted.predicted_NC[1].tolist() == torch.bincount(large.flatten(), minlength=3).tolist()


def test_many_large_masks_are_measured_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    log_probs = torch.randn(5, 3, 4, 4).log_softmax(1)
    truths = [torch.randint(0, 3, (8, 8), dtype=torch.uint8) for _ in range(5)]
    at_once = Confusion.at_full(log_probs, truths)
    monkeypatch.setattr(metrics, "MOST_AT_ONCE", 2 * 3 * 64)
    few = Confusion.at_full(log_probs, truths)
    assert torch.equal(few.common_NC, at_once.common_NC)
    assert torch.equal(few.cells_CC, at_once.cells_CC)


def test_where_nothing_is_told_values_are_no_numbers() -> None:
    truth = torch.full((1, 3, 3), VOID, dtype=torch.uint8)
    values = Confusion.of(torch.zeros(1, 3, 3, dtype=torch.uint8), truth, classes=2).values
    assert all(math.isnan(value) for value in values.values())


def test_as_many_classes_as_a_mask_can_say_are_counted() -> None:
    truth = torch.arange(256, dtype=torch.uint8).view(1, 16, 16)
    counted = Confusion.of(truth.clone(), truth, classes=255)
    assert counted.values["miou"] == 1.0
    assert int(counted.cells_CC.trace()) == 255
