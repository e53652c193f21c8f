"""A segmentation network is measured at the size of each mask, and nothing but told pixels counts."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.masks.dataset import VOID
from tests.engine.streets import by_colour, task_of


def halves(height: int, width: int, *, right: int) -> NDArray[np.uint8]:
    """A mask of class 0 on the left and another one on the right."""
    mask_HW = np.zeros((height, width), np.uint8)
    mask_HW[:, width // 2 :] = right
    return mask_HW


PLAIN = halves(16, 16, right=1)


def test_who_says_every_pixel_right_has_nothing_but_ones() -> None:
    judged = task_of([PLAIN, PLAIN, PLAIN, halves(16, 16, right=2)], height=16, width=16).judge(
        by_colour, "test"
    )
    assert judged.values == {"miou": 1.0, "pixel_accuracy": 1.0, "class_accuracy": 1.0, "image_miou": 1.0}
    assert judged.quality_N.tolist() == judged.right_N.tolist() == [1.0, 1.0]
    assert float(judged.loss_N.max()) < 1e-3
    assert judged.score("miou") == 1.0
    assert [row["name"] for row in judged.extra["per_class"]] == ["ground", "red", "blue"]


def test_masks_are_measured_at_their_own_sizes() -> None:
    task = task_of([PLAIN, PLAIN, halves(24, 32, right=1), halves(40, 16, right=2)])
    judged = task.judge(by_colour, "test")
    assert judged.values["pixel_accuracy"] > 0.9
    counted = sum(row["pixels"] for row in judged.extra["per_class"])
    assert counted == 24 * 32 + 40 * 16


def test_void_counts_for_nothing_and_a_sample_of_void_alone_has_no_quality() -> None:
    half_void = PLAIN.copy()
    half_void[:8] = VOID
    task = task_of([PLAIN, PLAIN, half_void, np.full((16, 16), VOID, np.uint8)], height=16, width=16)
    judged = task.judge(by_colour, "test")
    assert judged.values["miou"] == judged.values["image_miou"] == 1.0
    of_each = judged.by_sample[task.quality].tolist()
    assert of_each[0] == 1.0
    assert np.isnan(of_each[1])
    assert judged.quality_N.tolist() == [1.0, 0.0]


def test_without_any_truth_the_loss_chooses_the_best_state() -> None:
    nothing = np.full((16, 16), VOID, np.uint8)
    judged = task_of([PLAIN, nothing, PLAIN]).judge(by_colour, "val")
    assert judged.values == {}
    assert judged.score("miou") == 0.0


def test_blind_says_the_most_frequent_class_of_each_place() -> None:
    task = task_of([halves(8, 8, right=2), PLAIN, halves(8, 8, right=2), halves(8, 8, right=1)])
    judged = task.judge(task.blind(), "test")
    assert judged.quality_N.tolist() == pytest.approx([1.0, 0.5])


def test_what_is_drawn_are_the_numbers_of_classes_at_the_size_of_the_mask() -> None:
    mask_HW = halves(20, 12, right=2)
    mask_HW[0, 0] = VOID
    task = task_of([PLAIN, PLAIN, mask_HW], height=20, width=12)
    (said,), (true,) = task.drawn(by_colour, "test", [0]), task.truth_drawn("test", [0])
    images = [Image.open(io.BytesIO(one.png)) for one in (said, true)]
    assert [image.mode for image in images] == ["P", "P"]
    said_HW, true_HW = (np.asarray(image) for image in images)
    assert np.array_equal(true_HW, mask_HW)
    assert np.array_equal(said_HW[1:], mask_HW[1:])


def test_how_far_beliefs_are_apart_is_nothing_of_the_same_and_flows_to_both() -> None:
    task = task_of([PLAIN, PLAIN, PLAIN])
    batch = next(task.splits["test"].in_order())
    logits = torch.randn(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    own, other = logits.clone().requires_grad_(), (logits + torch.arange(3).view(1, 3, 1, 1)).requires_grad_()
    same = task.transfer(task.belief(own, batch), task.belief(own, batch), batch)
    assert float(same.detach().abs().max()) < 1e-6
    apart = task.transfer(task.belief(other, batch), task.belief(own, batch), batch).sum()
    apart.backward()  # type: ignore[no-untyped-call]
    assert own.grad is not None
    assert float(own.grad.abs().max()) > 0
    assert other.grad is not None
    assert float(other.grad.abs().max()) > 0
