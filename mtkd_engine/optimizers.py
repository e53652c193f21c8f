"""From a Spec's optimisation to the optimiser, its learning rate at a step, and the gradient's largest norm."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from mtkd_engine.methods.base import ParameterGroup
from mtkd_engine.spec import ClassOptimSpec, OptimSpec


def optimizer_of(groups: Sequence[ParameterGroup], optim: OptimSpec) -> torch.optim.Optimizer:
    """This will give AdamW, or SGD with Nesterov momentum where the spec says so; groups keep their factors."""
    rate, decay = optim.learning_rate, optim.weight_decay
    if isinstance(optim, ClassOptimSpec) and optim.optimizer == "sgd":
        return torch.optim.SGD(
            list(groups),
            lr=rate,
            momentum=optim.momentum,
            nesterov=optim.momentum > 0,
            weight_decay=decay,
            fused=True,
        )
    return torch.optim.AdamW(list(groups), lr=rate, weight_decay=decay, fused=True)


def rate_at(step: int, total: int, optim: OptimSpec) -> float:
    """This will give the learning rate of a step, counted from 0: linear warm-up, then the fall to zero."""
    warmup = max(1, round(optim.warmup * total))
    if step < warmup:
        return optim.learning_rate * (step + 1) / warmup
    left = (total - step) / max(1, total - warmup)
    if isinstance(optim, ClassOptimSpec) and optim.schedule == "cosine":
        left = 0.5 * (1 + math.cos(math.pi * (1 - left)))
    return optim.learning_rate * left


def clipped(optimizer: torch.optim.Optimizer, optim: OptimSpec) -> Tensor:
    """This will cut the gradient of what is fitted to the spec's largest norm and give the norm it had."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    return torch.nn.utils.clip_grad_norm_(parameters, optim.clip_norm)
