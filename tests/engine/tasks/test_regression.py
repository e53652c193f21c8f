"""What regressed windows are fitted to, also where a sentence has several true windows."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from mtkd_engine.nets.grounding import RegressionOutput
from mtkd_engine.tasks.grounding import Targets, hard_label_loss

DURATION, CLIPS = 20.0, 10


def truths(make: SimpleNamespace, *windows: list[tuple[float, float]]) -> Targets:
    """Targets of videos of 20 seconds in 10 clips with these true windows."""
    targets: Targets = make.targets_for(
        windows, clips=[CLIPS] * len(windows), length=CLIPS, duration=DURATION
    )
    return targets


def regressed(*windows: tuple[float, float], scores: float = 0.0) -> RegressionOutput:
    """For each sample one window, in seconds, that all of its clips say with this logit."""
    windows_BK2 = (torch.tensor(windows) / DURATION).unsqueeze(1).repeat(1, CLIPS, 1).requires_grad_()
    scores_BK = torch.full(windows_BK2.shape[:2], scores, requires_grad=True)
    valid_BK = torch.ones_like(scores_BK, dtype=torch.bool)
    return RegressionOutput(windows_BK2, scores_BK, valid_BK, valid_BK)


def gradients(output: RegressionOutput, targets: Targets) -> tuple[Tensor, Tensor]:
    loss = hard_label_loss(output, targets)
    windows_BK2, scores_BK = torch.autograd.grad(loss, [output.windows_BK2, output.scores_BK])
    return windows_BK2, scores_BK


def test_clips_inside_the_moment_move_their_ends_towards_it_and_others_stay(make: SimpleNamespace) -> None:
    ends_BK2, _ = gradients(regressed((3.0, 17.0)), truths(make, [(4.0, 10.0)]))
    assert bool((ends_BK2[0, 2:5, 0] < 0).all())  # starts rise
    assert bool((ends_BK2[0, 2:5, 1] > 0).all())  # ends fall
    assert not ends_BK2[0, :2].any()
    assert not ends_BK2[0, 5:].any()


def test_scores_inside_are_fitted_to_the_iou_and_outside_to_nothing(make: SimpleNamespace) -> None:
    output, targets = regressed((4.0, 12.0)), truths(make, [(4.0, 8.0)])  # an IoU of one half
    _, level_BK = gradients(output, targets)
    torch.testing.assert_close(level_BK[0, 2:4], torch.zeros(2))
    assert bool((level_BK[0, [0, 1, 4, 9]] > 0).all())
    sharp_BK = torch.full((1, CLIPS), 3.0, requires_grad=True)
    _, sure_BK = gradients(replace(output, scores_BK=sharp_BK), targets)
    assert bool((sure_BK[0] > 0).all())


def test_a_moment_shorter_than_a_clip_has_a_clip_all_the_same(make: SimpleNamespace) -> None:
    ends_BK2, _ = gradients(regressed((4.0, 10.0)), truths(make, [(12.9, 13.1)]))
    assert ends_BK2[0].abs().sum(1).nonzero().flatten().tolist() == [6]


def test_every_true_window_counts_and_a_clip_in_two_belongs_to_the_shorter(make: SimpleNamespace) -> None:
    ends_BK2, _ = gradients(regressed((2.0, 19.0)), truths(make, [(0.0, 20.0), (4.0, 8.0)]))
    assert bool((ends_BK2[0, 2:4, 1] > 0).all())
    assert bool((ends_BK2[0, 4:, 1] < 0).all())
    ends_BK2, _ = gradients(regressed((2.0, 19.0)), truths(make, [(4.0, 8.0), (14.0, 18.0)]))
    moved_K = ends_BK2[0].abs().sum(1) > 0
    assert moved_K.nonzero().flatten().tolist() == [2, 3, 7, 8]


def test_the_order_of_true_windows_and_their_number_elsewhere_change_nothing(make: SimpleNamespace) -> None:
    windows = ((1.0, 9.0), (2.0, 6.0))
    straight = hard_label_loss(
        regressed(*windows), truths(make, [(0.0, 4.0), (8.0, 12.0), (15.0, 19.0)], [(1.0, 2.0)])
    )
    turned = hard_label_loss(
        regressed(*windows), truths(make, [(15.0, 19.0), (8.0, 12.0), (0.0, 4.0)], [(1.0, 2.0)])
    )
    torch.testing.assert_close(straight, turned)
    alone = [
        hard_label_loss(regressed(windows[0]), truths(make, [(0.0, 4.0), (8.0, 12.0), (15.0, 19.0)])),
        hard_label_loss(regressed(windows[1]), truths(make, [(1.0, 2.0)])),
    ]
    torch.testing.assert_close(straight, (alone[0] + alone[1]) / 2)


def test_a_perfect_regression_costs_almost_nothing(make: SimpleNamespace) -> None:
    scores_BK = torch.full((1, CLIPS), -12.0)
    scores_BK[0, 2:4] = 12.0
    output = replace(regressed((4.0, 8.0)), scores_BK=scores_BK)
    assert float(hard_label_loss(output, truths(make, [(4.0, 8.0)])).detach()) < 1e-3


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e3, 1e6])
def test_the_loss_is_finite_and_blind_to_what_is_not_there(make: SimpleNamespace, scale: float) -> None:
    output = make.regression([12, 5, 1], length=12, scale=scale)
    targets = make.targets([12, 5, 1], length=12)
    littered = replace(
        output,
        scores_BK=output.scores_BK.masked_fill(~output.valid_BK, 1e9),
        windows_BK2=output.windows_BK2.masked_fill(~output.valid_BK.unsqueeze(2), 0.5),
    )
    loss = hard_label_loss(output, targets)
    assert math.isfinite(float(loss))
    assert torch.equal(loss, hard_label_loss(littered, targets))
