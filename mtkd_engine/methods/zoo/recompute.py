"""One participant's activations at a time: kept as inputs only, and computed again in the backward pass.

The result is the same to the bit: random numbers are drawn again as they were, and what networks remember of a pass
(running means of batch normalisation) counts it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from mtkd_engine.methods.base import BatchT
from mtkd_engine.methods.zoo.face import Answer


def recomputed(run: Callable[[BatchT], Answer], model: nn.Module) -> Callable[[BatchT], Answer]:
    """This will give a runner whose activations do not outlive its forward pass; `model` is what it runs."""

    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), _as_they_were(model)

    def again(batch: BatchT) -> Answer:
        def forward() -> tuple[torch.Tensor, ...]:
            answer = run(batch)
            return answer.logits, *answer.parts

        logits, *parts = checkpoint(forward, use_reentrant=False, context_fn=contexts)
        return Answer(logits, tuple(parts))

    return again


@contextmanager
def _as_they_were(model: nn.Module) -> Iterator[None]:
    """What a pass leaves in buffers is undone."""
    before = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        yield
    finally:
        for buffer, kept in before:
            # What the pass saved of it for its backward pass must not count as changed, hence `data`.
            buffer.data.copy_(kept)
