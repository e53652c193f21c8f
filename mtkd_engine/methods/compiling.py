"""How what is run in training is compiled, where a spec asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from mtkd_engine.spec import PixelOptimSpec


def compiled(module: nn.Module, optim: PixelOptimSpec | None) -> Callable[[Any], Any]:
    """This will give a module compiled, with CUDA graphs or as it is; what is hooked into it must be there already."""
    if optim is None:
        return module
    graphs = optim.cuda_graphs and torch.cuda.is_available()
    if not (optim.compile or graphs):
        return module
    # The last batch of an epoch is smaller: it gets a graph of its own, not one for all sizes.
    if optim.compile:
        module.compile(dynamic=False, mode="reduce-overhead" if graphs else None)
    else:
        module.compile(dynamic=False, backend="cudagraphs")
    return module
