"""The losses, and the defects of the published distillation loss that they do not share."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from mtkd_engine.nets.grounding import SpanOutput
from mtkd_engine.nets.masking import NEG, upper_triangle
from mtkd_engine.tasks.grounding import distill_loss, gate_loss, hard_label_loss, log_joint, marginals

CLIPS = [12, 7, 3, 1]


def student_of(make: SimpleNamespace, *, clips: list[int] = CLIPS, scale: float = 1.0) -> SpanOutput:
    output: SpanOutput = make.span(clips, length=12, scale=scale, seed=4)
    return SpanOutput(
        output.start_BL.clone().requires_grad_(), output.end_BL.clone().requires_grad_(), output.clip_mask_BL
    )


def gradient_norm(loss: Tensor, student: SpanOutput) -> float:
    parts = torch.autograd.grad(loss, [student.start_BL, student.end_BL], retain_graph=True)
    return float(torch.cat(parts).norm())


def published_soft_loss(student: SpanOutput, target_log_joint_BLL: Tensor) -> Tensor:
    """The released code's: L2-normalise, softmax, and softmax again on both sides."""
    total = torch.zeros(())
    teacher = [log.exp() for log in marginals(target_log_joint_BLL)]
    for logits_BL, target_BL in zip((student.start_BL, student.end_BL), teacher, strict=True):
        twice = [
            torch.softmax(torch.softmax(x / x.norm(dim=1, keepdim=True), dim=1), dim=1)
            for x in (logits_BL, target_BL)
        ]
        total = total + (twice[1] * (twice[1].log() - twice[0].log())).sum(1).mean()
    return 0.1 * total


def test_the_distillation_gradient_is_alive_where_the_published_one_is_dead(make: SimpleNamespace) -> None:
    clips = [12] * 8
    student = student_of(make, clips=clips)
    target_BLL = log_joint(make.map(clips, length=12, scale=3.0))
    hard = gradient_norm(hard_label_loss(student, make.targets(clips, length=12)), student)
    ours = gradient_norm(distill_loss(student, target_BLL, 2.0), student)
    published = gradient_norm(published_soft_loss(student, target_BLL), student)
    print(f"of the hard gradient: ours {ours / hard:.2f}, published {published / hard:.1e}")
    assert 1e-1 < ours / hard < 1e1
    assert published / hard < 1e-3


@pytest.mark.parametrize("temperature", [1.0, 2.0, 8.0])
def test_the_gradient_keeps_its_order_at_any_temperature(make: SimpleNamespace, temperature: float) -> None:
    clips = [12] * 8
    student = student_of(make, clips=clips)
    hard = gradient_norm(hard_label_loss(student, make.targets(clips, length=12)), student)
    soft = gradient_norm(distill_loss(student, log_joint(make.map(clips, length=12)), temperature), student)
    assert soft / hard > 1e-2


def test_both_boundaries_of_the_student_learn_from_the_teacher(make: SimpleNamespace) -> None:
    student = student_of(make)
    distill_loss(student, log_joint(make.map(CLIPS, length=12)), 2.0).backward()  # type: ignore[no-untyped-call]
    for logits_BL in (student.start_BL, student.end_BL):
        assert logits_BL.grad is not None
        assert bool((logits_BL.grad[:3].abs().sum(1) > 1e-3).all())
        assert not bool(logits_BL.grad[~student.clip_mask_BL].any())


def test_the_target_gets_no_gradient(make: SimpleNamespace) -> None:
    target_BLL = log_joint(make.map(CLIPS, length=12)).requires_grad_()
    distill_loss(student_of(make), target_BLL, 2.0).backward()  # type: ignore[no-untyped-call]
    assert target_BLL.grad is None


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_a_student_that_agrees_has_no_loss_and_no_gradient(make: SimpleNamespace, temperature: float) -> None:
    student = student_of(make)
    loss = distill_loss(student, log_joint(student), temperature)
    assert float(loss.detach()) == pytest.approx(0.0, abs=1e-6)
    assert gradient_norm(loss, student) < 1e-5


def test_the_distillation_loss_is_the_divergence_of_the_windows(make: SimpleNamespace) -> None:
    student, target_BLL = student_of(make), log_joint(make.map(CLIPS, length=12))
    wanted = 0.0
    start_BL, end_BL = student.start_BL.detach(), student.end_BL.detach()
    for row, clips in enumerate(CLIPS):
        cells = [(i, j) for i in range(clips) for j in range(i, clips)]
        ours = [float(start_BL[row, i] + end_BL[row, j]) / 2.0 for i, j in cells]
        theirs = [float(target_BLL[row, i, j]) / 2.0 for i, j in cells]
        p, q = torch.tensor(theirs).softmax(0), torch.tensor(ours).softmax(0)
        wanted += 4.0 * float((p * (p / q).log()).sum()) / len(CLIPS)
    assert float(distill_loss(student, target_BLL, 2.0).detach()) == pytest.approx(wanted, rel=1e-4)


def test_padding_and_batch_size_leave_the_losses_alone(make: SimpleNamespace) -> None:
    student, target_BLL = student_of(make), log_joint(make.map(CLIPS, length=12))
    targets = make.targets(CLIPS, length=12)
    littered = replace(student, start_BL=student.start_BL.masked_fill(~student.clip_mask_BL, 1e6))
    littered_BLL = target_BLL.masked_fill(~upper_triangle(student.clip_mask_BL), 7.0)
    assert torch.equal(distill_loss(student, target_BLL, 2.0), distill_loss(littered, littered_BLL, 2.0))
    assert torch.equal(hard_label_loss(student, targets), hard_label_loss(littered, targets))
    twice = SpanOutput(*[torch.cat([x, x]) for x in (student.start_BL, student.end_BL, student.clip_mask_BL)])
    torch.testing.assert_close(
        distill_loss(twice, torch.cat([target_BLL, target_BLL]), 2.0), distill_loss(student, target_BLL, 2.0)
    )


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e3, 1e6])
def test_losses_and_gradients_stay_finite_for_extreme_logits(make: SimpleNamespace, scale: float) -> None:
    student = student_of(make, scale=scale)
    target_BLL = log_joint(make.map(CLIPS, length=12, scale=scale))
    targets = make.targets(CLIPS, length=12)
    for loss in (distill_loss(student, target_BLL, 2.0), hard_label_loss(student, targets)):
        assert math.isfinite(float(loss.detach()))
        assert math.isfinite(gradient_norm(loss, student))
    assert math.isfinite(float(gate_loss(target_BLL, targets)))
    assert math.isfinite(float(hard_label_loss(make.map(CLIPS, length=12, scale=scale), targets)))


def span_at(targets: Any, mask_BL: Tensor) -> SpanOutput:
    start_BL, end_BL = (
        torch.zeros(mask_BL.shape).scatter(1, index_BM, 6.0)
        for index_BM in (targets.start_BM, targets.end_BM)
    )
    return SpanOutput(start_BL, end_BL, mask_BL)


def test_hard_losses_prefer_the_truth(make: SimpleNamespace) -> None:
    targets = make.targets(CLIPS, length=12)
    span, windows = make.span(CLIPS, length=12, scale=6.0), make.map(CLIPS, length=12, scale=6.0)
    right = span_at(targets, span.clip_mask_BL)
    assert float(hard_label_loss(right, targets)) < float(hard_label_loss(span, targets))
    map_BLL = torch.full_like(windows.map_BLL, -6.0)
    map_BLL[torch.arange(len(CLIPS)), targets.start_BM[:, 0], targets.end_BM[:, 0]] = 6.0
    assert float(hard_label_loss(replace(windows, map_BLL=map_BLL), targets)) < float(
        hard_label_loss(windows, targets)
    )


def test_a_map_is_fitted_to_overlap_in_seconds(make: SimpleNamespace) -> None:
    targets = make.targets_for([[[2.0, 6.0]]], clips=[4], length=4, duration=8.0)
    output = make.map([4], length=4)
    map_BLL = output.map_BLL.clone().requires_grad_()
    hard_label_loss(replace(output, map_BLL=map_BLL), targets).backward()  # type: ignore[no-untyped-call]
    assert map_BLL.grad is not None
    wanted_LL = torch.sigmoid(map_BLL.detach()) - 10 * map_BLL.grad  # gradient of BCE: (p - wanted) / cells
    found = {(i, j): round(float(wanted_LL[0, i, j]), 3) for i in range(4) for j in range(i, 4)}
    assert found[1, 2] == pytest.approx(1.0)
    assert found[1, 1] == pytest.approx(0.5, abs=1e-3)  # IoU 0.5, scaled from 0.3..0.7
    assert found[1, 3] == pytest.approx((2 / 3 - 0.3) / 0.4, abs=1e-3)
    assert found[0, 0] == pytest.approx(0.0, abs=1e-3)


def test_the_gate_loss_forgives_one_sample_on_which_all_teachers_are_sure_and_wrong(
    make: SimpleNamespace,
) -> None:
    targets = make.targets([12], length=12)
    valid_BLL = upper_triangle(targets.soft_start_BML[:, 0] >= 0)
    wrong_BLL = torch.full((1, 12, 12), -1000.0).masked_fill(~valid_BLL, NEG)
    wrong_BLL[0, 11, 11] = 0.0
    first_BML = torch.eye(12)[None, :1]
    targets = replace(targets, soft_start_BML=first_BML, soft_end_BML=first_BML)
    loss = gate_loss(wrong_BLL.requires_grad_(), targets)
    assert float(loss.detach()) == pytest.approx(-math.log(1e-6), rel=1e-3)


def test_a_teacher_that_is_right_and_sharp_costs_the_gate_nothing_and_one_clip_off_half(
    make: SimpleNamespace,
) -> None:
    targets = make.targets([12], length=12)
    start, end = int(targets.start_BM), int(targets.end_BM)
    valid_BLL = upper_triangle(targets.soft_start_BML[:, 0] >= 0)

    def cost(first: int, last: int) -> float:
        sure_BLL = torch.full((1, 12, 12), -1000.0).masked_fill(~valid_BLL, NEG)
        sure_BLL[0, first, last] = 0.0
        return float(gate_loss(sure_BLL, targets))

    assert cost(start, end) == pytest.approx(0.0, abs=1e-5)
    beside = (start - 1, end) if start > 0 else (start, end + 1)
    assert cost(*beside) == pytest.approx(math.log(2), abs=1e-4)


SEVERAL = [[[2.0, 6.0], [8.0, 12.0], [9.0, 10.0]], [[1.0, 4.0]]]


def several_of(make: SimpleNamespace, windows: list[list[list[float]]] = SEVERAL) -> Any:
    return make.targets_for(windows, clips=[12, 7], length=12, duration=12.0)


@pytest.mark.parametrize("kind", ["span", "map"])
def test_neither_the_order_of_true_windows_nor_their_number_elsewhere_counts(
    make: SimpleNamespace, kind: str
) -> None:
    output = getattr(make, kind)([12, 7], length=12)
    turned = [windows[::-1] for windows in SEVERAL]
    loss = hard_label_loss(output, several_of(make))
    torch.testing.assert_close(loss, hard_label_loss(output, several_of(make, turned)))
    part = SimpleNamespace(**{name: value[1:] for name, value in vars(output).items()})
    alone = type(output)(**vars(part))
    one = make.targets_for(SEVERAL[1:], clips=[7], length=12, duration=12.0)
    first = type(output)(**{name: value[:1] for name, value in vars(output).items()})
    other = make.targets_for(SEVERAL[:1], clips=[12], length=12, duration=12.0)
    torch.testing.assert_close(loss, (hard_label_loss(alone, one) + hard_label_loss(first, other)) / 2)


def test_a_span_is_held_against_the_true_window_that_it_says_best(make: SimpleNamespace) -> None:
    both = make.targets_for([[[2.0, 6.0], [8.0, 11.0]]], clips=[12], length=12, duration=12.0)
    apart = [
        make.targets_for([[window]], clips=[12], length=12, duration=12.0)
        for window in ([2.0, 6.0], [8.0, 11.0])
    ]
    for said in apart:
        output = span_at(said, make.span([12], length=12).clip_mask_BL)
        losses = [hard_label_loss(output, targets) for targets in (both, *apart)]
        assert losses[0] == min(losses[1:])
    mixed = SpanOutput(
        span_at(apart[0], output.clip_mask_BL).start_BL,
        span_at(apart[1], output.clip_mask_BL).end_BL,
        output.clip_mask_BL,
    )  # the start of one and the end of another is none of them
    assert hard_label_loss(mixed, both) > losses[0] + 2


def test_every_true_window_is_a_hit_on_a_map(make: SimpleNamespace) -> None:
    targets = make.targets_for([[[0.0, 2.0], [6.0, 8.0]]], clips=[4], length=4, duration=8.0)
    output = make.map([4], length=4)
    map_BLL = output.map_BLL.clone().requires_grad_()
    hard_label_loss(replace(output, map_BLL=map_BLL), targets).backward()  # type: ignore[no-untyped-call]
    assert map_BLL.grad is not None
    wanted_LL = torch.sigmoid(map_BLL.detach()) - 10 * map_BLL.grad
    found = {(i, j): round(float(wanted_LL[0, i, j]), 3) for i in range(4) for j in range(i, 4)}
    assert [cell for cell, wanted in found.items() if wanted == 1.0] == [(0, 0), (3, 3)]
    assert found[0, 1] == found[2, 3] == 0.5


def test_a_gate_is_paid_for_any_true_window(make: SimpleNamespace) -> None:
    targets = make.targets_for([[[2.0, 6.0], [8.0, 11.0]]], clips=[12], length=12, duration=12.0)
    valid_BLL = upper_triangle(targets.soft_start_BML[:, 0] >= 0)

    def cost(*cells: tuple[int, int]) -> float:
        said_BLL = torch.full((1, 12, 12), -1000.0).masked_fill(~valid_BLL, NEG)
        for first, last in cells:
            said_BLL[0, first, last] = -math.log(len(cells))
        return float(gate_loss(said_BLL, targets))

    assert cost((2, 5)) == pytest.approx(0.0, abs=1e-5)
    assert cost((8, 10)) == pytest.approx(0.0, abs=1e-5)
    assert cost((2, 5), (8, 10)) == pytest.approx(0.0, abs=1e-5)
    assert cost((2, 10)) > 5.0
