"""What proposals are fitted to, also where a sentence has several true windows."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from mtkd_engine.nets.grounding import ProposalOutput
from mtkd_engine.tasks.grounding import Targets, hard_label_loss

DURATION = 20.0


def truths(make: SimpleNamespace, *windows: list[tuple[float, float]]) -> Targets:
    """Targets of videos of 20 seconds with these true windows."""
    targets: Targets = make.targets_for(windows, clips=[10] * len(windows), length=10, duration=DURATION)
    return targets


def proposals(*windows: list[tuple[float, float]], scores: float = 0.0) -> ProposalOutput:
    """As many windows per sample, in seconds, all with this logit."""
    windows_BK2 = (torch.tensor(windows) / DURATION).requires_grad_()
    scores_BK = torch.full(windows_BK2.shape[:2], scores, requires_grad=True)
    valid_BK = torch.ones_like(scores_BK, dtype=torch.bool)
    return ProposalOutput(windows_BK2, scores_BK, valid_BK, valid_BK)


def gradients(output: ProposalOutput, targets: Targets) -> tuple[Tensor, Tensor]:
    loss = hard_label_loss(output, targets)
    windows_BK2, scores_BK = torch.autograd.grad(loss, [output.windows_BK2, output.scores_BK])
    return windows_BK2, scores_BK


def test_every_true_window_counts(make: SimpleNamespace) -> None:
    windows = [(0.0, 4.0), (8.0, 12.0), (15.0, 20.0)]
    _, first_BK = gradients(proposals(windows), truths(make, [(0.0, 4.0)]))
    _, both_BK = gradients(proposals(windows), truths(make, [(0.0, 4.0), (8.0, 12.0)]))
    assert (first_BK.sign() == torch.tensor([[-1.0, 1.0, 1.0]])).all()
    assert (both_BK.sign() == torch.tensor([[-1.0, -1.0, 1.0]])).all()


def test_the_order_of_true_windows_and_their_number_elsewhere_change_nothing(make: SimpleNamespace) -> None:
    windows = [[(0.0, 5.0), (7.0, 12.0)], [(1.0, 3.0), (2.0, 20.0)]]
    straight = hard_label_loss(
        proposals(*windows), truths(make, [(0.0, 4.0), (8.0, 12.0), (15.0, 19.0)], [(1.0, 2.0)])
    )
    turned = hard_label_loss(
        proposals(*windows), truths(make, [(15.0, 19.0), (8.0, 12.0), (0.0, 4.0)], [(1.0, 2.0)])
    )
    torch.testing.assert_close(straight, turned)
    alone = [
        hard_label_loss(proposals(windows[0]), truths(make, [(0.0, 4.0), (8.0, 12.0), (15.0, 19.0)])),
        hard_label_loss(proposals(windows[1]), truths(make, [(1.0, 2.0)])),
    ]
    torch.testing.assert_close(straight, (alone[0] + alone[1]) / 2)


def test_ends_move_towards_the_true_window_where_they_are_near(make: SimpleNamespace) -> None:
    ends_BK2, _ = gradients(proposals([(3.0, 9.0), (0.0, 3.0)]), truths(make, [(4.0, 8.0)]))
    assert float(ends_BK2[0, 0, 0]) < 0  # the start rises
    assert float(ends_BK2[0, 0, 1]) > 0  # the end falls
    assert ends_BK2[0, 1].tolist() == [0.0, 0.0]


def test_the_nearest_proposal_counts_even_if_it_misses(make: SimpleNamespace) -> None:
    ends_BK2, scores_BK = gradients(proposals([(0.0, 2.0), (4.0, 8.0)]), truths(make, [(15.0, 15.2)]))
    assert float(scores_BK[0, 1]) < 0 < float(scores_BK[0, 0])
    assert bool((ends_BK2[0, 1] < 0).all())


def test_a_true_window_inside_another_draws_the_proposal_nearest_to_it(make: SimpleNamespace) -> None:
    ends_BK2, _ = gradients(proposals([(0.0, 20.0), (0.0, 14.0)]), truths(make, [(0.0, 20.0), (0.0, 4.0)]))
    assert float(ends_BK2[0, 1, 1]) > 0  # it shrinks to the short one, though it overlaps the long one more


def test_a_perfect_set_of_proposals_costs_almost_nothing(make: SimpleNamespace) -> None:
    output = proposals([(4.0, 8.0), (15.0, 20.0)])
    scores_BK = torch.tensor([[12.0, -12.0]])
    loss = hard_label_loss(replace(output, scores_BK=scores_BK), truths(make, [(4.0, 8.0)]))
    assert float(loss.detach()) < 1e-3


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e3, 1e6])
def test_the_loss_is_finite_and_blind_to_what_is_not_there(make: SimpleNamespace, scale: float) -> None:
    output = make.proposal([12, 5, 1], length=12, scale=scale)
    targets = make.targets([12, 7, 3], length=12)
    littered = replace(
        output,
        scores_BK=output.scores_BK.masked_fill(~output.valid_BK, 1e9),
        windows_BK2=output.windows_BK2.masked_fill(~output.valid_BK.unsqueeze(2), 0.5),
    )
    loss = hard_label_loss(output, targets)
    assert math.isfinite(float(loss))
    assert torch.equal(loss, hard_label_loss(littered, targets))
