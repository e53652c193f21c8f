"""Saliency networks learn from densities and from each other, as arXiv 2510.22208 says."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mtkd_engine.tasks.saliency import belief, per_sample_loss, transfer

EPSILON = 2.2204e-16


def literal_kld(said: Tensor, truth: Tensor) -> Tensor:
    """KLD of one pair of maps as the released code reads."""
    said, truth = said / said.sum(), truth / truth.sum()
    return (truth * torch.log(EPSILON + truth / (said + EPSILON))).sum()


def literal_cc(said: Tensor, truth: Tensor) -> Tensor:
    """Pearson's correlation of one pair of maps."""
    return torch.corrcoef(torch.stack([said.flatten(), truth.flatten()]))[0, 1]


def random_maps(*shape: int, seed: int = 0) -> Tensor:
    """Maps that are above 0 everywhere."""
    maps = torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.01
    return maps / maps.sum((-2, -1), keepdim=True)


def test_a_belief_is_a_density_of_each_frame_on_the_grid_of_the_batch() -> None:
    logits = torch.randn(2, 3, 5, 7, generator=torch.Generator().manual_seed(1))
    log_density = belief(logits, temperature=1.0, height=10, width=21)
    assert log_density.shape == (2, 3, 10, 21)
    torch.testing.assert_close(log_density.exp().sum((-2, -1)), torch.ones(2, 3))
    alone = belief(logits[:, 0], temperature=1.0, height=10, width=21)
    torch.testing.assert_close(alone, log_density[:, 0])


def test_a_higher_temperature_flattens_a_belief() -> None:
    logits = torch.randn(1, 6, 6, generator=torch.Generator().manual_seed(2))
    sharp, flat = (belief(logits, temperature=t, height=6, width=6).exp().amax() for t in (1.0, 3.0))
    assert float(flat) < float(sharp)
    same = torch.log_softmax(logits.flatten() / 3, 0)
    torch.testing.assert_close(belief(logits, temperature=3.0, height=6, width=6).flatten(), same)


def test_the_loss_of_pictures_is_kld_minus_cc() -> None:
    said, truth = random_maps(4, 9, 12, seed=3), random_maps(4, 9, 12, seed=4)
    found = per_sample_loss(said.log(), truth)
    for row in range(4):
        literal = literal_kld(said[row], truth[row]) - literal_cc(said[row], truth[row])
        assert float(found[row]) == pytest.approx(float(literal), abs=1e-4)


def test_the_loss_of_videos_is_the_mean_over_frames_that_somebody_looked_at() -> None:
    said, truth = random_maps(2, 3, 9, 12, seed=5), random_maps(2, 3, 9, 12, seed=6)
    truth[0, 1] = 0
    truth[1] = 0
    each = per_sample_loss(said[0].log(), truth[0])
    found = per_sample_loss(said.log(), truth)
    assert float(found[0]) == pytest.approx(float((each[0] + each[2]) / 2))
    assert float(found[1]) == 0


def test_nobody_looking_leaves_no_gradient() -> None:
    logits = torch.randn(1, 6, 8, requires_grad=True)
    per_sample_loss(belief(logits, temperature=1.0, height=6, width=8), torch.zeros(1, 6, 8)).sum().backward()
    assert logits.grad is not None
    assert not logits.grad.any()


def test_what_moves_is_the_divergence_of_the_learner_from_the_teacher() -> None:
    teacher, learner = random_maps(3, 9, 12, seed=7), random_maps(3, 9, 12, seed=8)
    found = transfer(teacher.log(), learner.log())
    for row in range(3):
        assert float(found[row]) == pytest.approx(float(literal_kld(learner[row], teacher[row])), abs=1e-9)
    assert float(transfer(teacher.log(), teacher.log()).abs().max()) < 1e-12


def test_gradients_flow_to_both_sides_of_a_transfer() -> None:
    teacher, learner = (torch.randn(2, 2, 5, 6, requires_grad=True) for _ in range(2))
    told, own = (belief(logits, temperature=1.0, height=5, width=6) for logits in (teacher, learner))
    transfer(told, own).sum().backward()
    for logits in (teacher, learner):
        assert logits.grad is not None
        assert bool(logits.grad.isfinite().all())
        assert float(logits.grad.abs().max()) > 1e-3


def test_a_network_that_says_the_same_everywhere_begins_to_learn() -> None:
    """Heads that begin at zero say so: the correlation of such a map has no slope of its own there."""
    logits = torch.zeros(1, 6, 8, requires_grad=True)
    truth = random_maps(1, 6, 8, seed=9).float()
    per_sample_loss(belief(logits, temperature=1.0, height=6, width=8), truth).sum().backward()
    assert logits.grad is not None
    assert bool(logits.grad.isfinite().all())
    assert float(logits.grad.abs().max()) > 1e-3


def test_a_pixel_that_is_all_but_ruled_out_is_still_learned() -> None:
    """With the 2e-16 of the released code its gradient is gone."""
    logits = torch.zeros(1, 2, 2)
    logits[0, 0, 0] = -60.0
    logits.requires_grad_()
    truth = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    per_sample_loss(belief(logits, temperature=1.0, height=2, width=2), truth).sum().backward()
    assert logits.grad is not None
    assert float(logits.grad[0, 0, 0]) < -0.5
