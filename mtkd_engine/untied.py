"""Parts of torch without their ties to its compiler, which they load when they are first used.

To load it takes as long as to load torch, and no step of an optimiser is compiled here: the ties only tell the
compiler to leave them alone. What the parts compute is torch's own.
"""

from __future__ import annotations

from inspect import unwrap

import torch
from torch.optim import Optimizer
from torch.utils._python_dispatch import TorchDispatchMode


class _Untied(Optimizer):
    add_param_group = unwrap(Optimizer.add_param_group)
    load_state_dict = unwrap(Optimizer.load_state_dict)
    state_dict = unwrap(Optimizer.state_dict)
    zero_grad = unwrap(Optimizer.zero_grad)


class Adam(_Untied, torch.optim.Adam):
    """`torch.optim.Adam`."""

    step = torch.no_grad()(unwrap(torch.optim.Adam.step))


class AdamW(_Untied, torch.optim.AdamW):
    """`torch.optim.AdamW`."""

    step = torch.no_grad()(unwrap(torch.optim.AdamW.step))


class SGD(_Untied, torch.optim.SGD):
    """`torch.optim.SGD`."""

    step = torch.no_grad()(unwrap(torch.optim.SGD.step))


class Watching(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """`TorchDispatchMode`: sees every operation that is carried out inside."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False
