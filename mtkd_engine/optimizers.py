"""From a Spec's optimisation to the optimiser, its learning rate at a step, and the gradient's largest norm."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

from mtkd_engine.methods.base import ParameterGroup
from mtkd_engine.spec import OptimSpec, PixelOptimSpec
from mtkd_engine.untied import SGD, AdamW


def optimizer_of(groups: Sequence[ParameterGroup], optim: OptimSpec) -> Optimizer:
    """This will give AdamW, or SGD with Nesterov momentum where the spec says so; groups keep their factors."""
    rate, decay = optim.learning_rate, optim.weight_decay
    if isinstance(optim, PixelOptimSpec) and optim.optimizer == "sgd":
        return SGD(
            list(groups),
            lr=rate,
            momentum=optim.momentum,
            nesterov=optim.momentum > 0,
            weight_decay=decay,
            fused=True,
        )
    return AdamW(list(groups), lr=rate, weight_decay=decay, fused=True)


def rate_at(step: int, total: int, optim: OptimSpec) -> float:
    """This will give the learning rate of a step, counted from 0: linear warm-up, then the fall to zero."""
    warmup = max(1, round(optim.warmup * total))
    if step < warmup:
        return optim.learning_rate * (step + 1) / warmup
    left = (total - step) / max(1, total - warmup)
    if isinstance(optim, PixelOptimSpec) and optim.schedule == "cosine":
        left = 0.5 * (1 + math.cos(math.pi * (1 - left)))
    return optim.learning_rate * left


def clipped(optimizer: Optimizer, optim: OptimSpec) -> Tensor:
    """This will cut the gradient of what is fitted to the spec's largest norm and give the norm it had.

    Groups that say `apart` are cut each by itself: a large gradient of one leaves the others as they are.
    """
    together = [group["params"] for group in optimizer.param_groups if not group.get("apart")]
    apart = [group["params"] for group in optimizer.param_groups if group.get("apart")]
    parts = [*([[p for params in together for p in params]] if together else []), *apart]
    norms = [torch.nn.utils.clip_grad_norm_(params, optim.clip_norm) for params in parts]
    return norms[0] if len(norms) == 1 else torch.linalg.vector_norm(torch.stack(norms))
