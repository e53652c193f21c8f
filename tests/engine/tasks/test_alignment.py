"""Alignment draws the student's hidden states to the twin's directions, on real clips only."""

from __future__ import annotations

import pytest
import torch

from mtkd_engine.tasks.grounding.alignment import align_loss
from mtkd_engine.tasks.grounding.grid import clip_mask

MASK = clip_mask(torch.tensor([4, 2]), 4)


@pytest.fixture
def states() -> torch.Tensor:
    return torch.randn(2, 4, 8, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize(("factor", "apart"), [(1.0, 0.0), (7.0, 0.0), (-0.5, 2.0)])
def test_only_the_direction_counts(states: torch.Tensor, factor: float, apart: float) -> None:
    assert float(align_loss(states, factor * states, MASK)) == pytest.approx(apart, abs=1e-6)


def test_states_at_right_angles_are_one_apart_and_samples_count_the_same_however_long() -> None:
    along, across = torch.zeros(2, 4, 2), torch.zeros(2, 4, 2)
    along[..., 0] = across[..., 1] = 3.0
    both = along.clone()
    both[1] = across[1]
    assert float(align_loss(along, across, MASK)) == pytest.approx(1.0)
    assert float(align_loss(along, both, MASK)) == pytest.approx(0.5)


def test_the_twin_is_not_drawn_to_the_student_and_padding_counts_nothing(states: torch.Tensor) -> None:
    student = states.clone().requires_grad_()
    twin = (states + 1.0).requires_grad_()
    loss = align_loss(student, twin, MASK)
    loss.backward()  # type: ignore[no-untyped-call]
    assert twin.grad is None
    assert student.grad is not None
    assert not bool(student.grad[~MASK].any())
    assert bool(student.grad[MASK].any())
    littered = states.masked_fill(~MASK.unsqueeze(2), 1e6)
    torch.testing.assert_close(align_loss(littered, twin, MASK), loss)


def test_states_of_zero_stay_finite() -> None:
    none = torch.zeros(2, 4, 8, requires_grad=True)
    loss = align_loss(none, torch.zeros(2, 4, 8), MASK)
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == 1.0
    assert none.grad is not None
    assert bool(torch.isfinite(none.grad).all())
