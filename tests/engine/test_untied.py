"""Parts of torch without their ties to its compiler compute what torch's own do."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import Optimizer
from torch.utils.flop_counter import FlopCounterMode

from mtkd_engine import untied
from mtkd_engine.profile.measuring import macs_of

SGD = {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}


def trained(model: nn.Module, make: Callable[..., Optimizer], **given: Any) -> list[torch.Tensor]:
    """A copy's parameters after steps, halfway through which the optimiser is replaced by one with its state."""
    model = copy.deepcopy(model)
    groups = [{"params": [parameter]} for parameter in model.parameters()]
    optimizer = make(groups, fused=True, **given)
    for step in range(6):
        if step == 3:
            state = optimizer.state_dict()
            optimizer = make([dict(group) for group in groups], fused=True, **given)
            optimizer.load_state_dict(state)
        optimizer.zero_grad()
        model(torch.linspace(-1, 1, 8).view(2, 4) + step).square().sum().backward()
        optimizer.step()
    return list(model.parameters())


@pytest.mark.parametrize(
    ("name", "given"), [("SGD", SGD), ("Adam", {"lr": 0.1}), ("AdamW", {"lr": 0.1, "weight_decay": 0.1})]
)
def test_optimisers_give_the_bits_of_torchs_own(name: str, given: dict[str, Any]) -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))
    ours = trained(model, getattr(untied, name), **given)
    for one, other in zip(ours, trained(model, getattr(torch.optim, name), **given), strict=True):
        assert torch.equal(one, other)
        assert one.requires_grad


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5)), (2, 3, 8, 8)),
        (nn.GRU(8, 4, batch_first=True), (2, 5, 8)),
        (nn.Conv3d(3, 4, 3), (1, 3, 4, 6, 6)),
    ],
)
@torch.inference_mode()
def test_multiply_accumulates_are_those_that_torch_counts(model: nn.Module, shape: tuple[int, ...]) -> None:
    model.eval()
    with FlopCounterMode(display=False) as counted:
        model(torch.zeros(shape))
    assert macs_of(model, torch.zeros(shape)) == counted.get_total_flops() / 2 > 0
