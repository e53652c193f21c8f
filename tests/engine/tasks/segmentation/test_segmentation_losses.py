"""Beliefs and losses of segmentation: any stride, any order of classes, void left out, gradients on both sides.

Shape suffixes: B samples, C classes, K of a network, H and W pixels.
"""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from mtkd_engine.tasks.classification import ClassMap
from mtkd_engine.tasks.segmentation import VOID, belief, per_sample_loss, transfer
from mtkd_engine.tasks.segmentation.belief import label_map

CLASSES = ("sky", "road", "tree")
SAME = ClassMap.of(CLASSES, CLASSES)


def logs(seed: int, *, grad: bool = False) -> torch.Tensor:
    made = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(seed))
    return made.log_softmax(1).requires_grad_(grad)


@pytest.mark.parametrize("stride", [1, 2, 4, 8])
def test_a_belief_of_any_stride_sums_to_one_on_the_grid_of_the_batch(stride: int) -> None:
    logits = torch.randn(2, 3, 16 // stride, 24 // stride) * 30
    said = belief(logits, temperature=2.0, classes=SAME, height=16, width=24)
    assert said.shape == (2, 3, 16, 24)
    torch.testing.assert_close(said.exp().sum(1), torch.ones(2, 16, 24))


def test_classes_are_mapped_by_name_and_others_left_out() -> None:
    other = ("car", "tree", "sky", "road")
    logits = torch.randn(1, 4, 6, 6)
    said = belief(logits, temperature=1.0, classes=ClassMap.of(other, CLASSES), height=6, width=6)
    torch.testing.assert_close(said, logits[:, [2, 3, 1]].log_softmax(1))


def test_the_label_map_does_not_move_by_half_a_pixel() -> None:
    """A network of stride 4 whose cells are each sure of a class says that class in the middle of each cell."""
    cells = torch.randint(0, 3, (1, 4, 6))
    logits = functional.one_hot(cells, 3).permute(0, 3, 1, 2).float() * 50
    said = label_map(belief(logits, temperature=1.0, classes=SAME, height=16, width=24))
    assert torch.equal(said[:, 1::4, 1::4].long(), cells)
    assert torch.equal(said[:, 2::4, 2::4].long(), cells)


def test_the_loss_is_cross_entropy_over_told_pixels() -> None:
    said, truth = logs(0), torch.randint(0, 3, (2, 4, 5), dtype=torch.uint8)
    truth[0, 1:3] = VOID
    wanted = torch.stack(
        [functional.nll_loss(said[[row]], truth[[row]].long(), ignore_index=VOID) for row in range(2)]
    )
    torch.testing.assert_close(per_sample_loss(said, truth), wanted)


def test_a_sample_without_any_truth_teaches_nothing_and_breaks_nothing() -> None:
    said = logs(1, grad=True)
    truth = torch.full((2, 4, 5), VOID, dtype=torch.uint8)
    truth[1, 0, 0] = 2
    loss = per_sample_loss(said, truth)
    assert loss[0] == 0
    assert math.isclose(loss[1].item(), -said[1, 2, 0, 0].item(), rel_tol=1e-6)
    (loss.sum() + transfer(said, logs(2), truth).sum()).backward()  # type: ignore[no-untyped-call]
    assert said.grad is not None
    assert said.grad.isfinite().all()
    assert (said.grad[0] == 0).all()


def test_transfer_is_the_divergence_of_the_learner_from_the_teacher_per_pixel() -> None:
    teacher, learner = logs(3), logs(4)
    own = (teacher.exp() * (teacher - learner)).sum(1)
    torch.testing.assert_close(transfer(teacher, learner), own.mean((1, 2)))
    truth = torch.zeros(2, 4, 5, dtype=torch.uint8)
    truth[:, 2:] = VOID
    torch.testing.assert_close(transfer(teacher, learner, truth), own[:, :2].mean((1, 2)))
    assert (transfer(teacher, teacher) == 0).all()


def test_transfer_moves_the_learner_towards_the_teacher_where_nobody_detaches_it() -> None:
    """The loss that is without any gradient in the released code of the method is alive."""
    teacher, learner = (
        torch.randn(2, 3, 4, 5, requires_grad=True),
        torch.randn(2, 3, 4, 5, requires_grad=True),
    )
    transfer(teacher.log_softmax(1), learner.log_softmax(1)).sum().backward()  # type: ignore[no-untyped-call]
    assert learner.grad is not None
    assert teacher.grad is not None
    wanted = (learner.softmax(1) - teacher.softmax(1)).detach() / 20
    torch.testing.assert_close(learner.grad, wanted)
    assert (teacher.grad.abs().sum((1, 2, 3)) > 0).all()
