"""One network on what all participants share, whether it reads pictures or films.

Shape suffixes: B samples, T frames, C channels, H and W pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from mtkd_engine.nets.dense import DenseNet
from mtkd_engine.spec import FilmInput, PictureInput
from mtkd_engine.tasks.dense.inputs import to_dense_input

Run: TypeAlias = Callable[[Tensor], Tensor]
"""From shared pixels (B, 3, H, W) or (B, T, 3, H, W), uint8, to logits at whatever stride."""


def look(
    run: Callable[[Tensor], Tensor],
    shared: Tensor,
    reads: PictureInput | FilmInput,
    *,
    channels_last: bool = False,
) -> Tensor:
    """This will run a network behind its own input size and normalisation, and give its logits, float32.

    A network of pictures sees each frame of a video by itself; one that reads fewer frames at a time than there are
    sees them part by part, in their order.
    """
    given = to_dense_input(shared, reads, channels_last=channels_last)
    if given.ndim == 4:
        return run(given).float()
    if isinstance(reads, PictureInput):
        found = run(given.flatten(0, 1)).float()
        return found.view(*given.shape[:2], *found.shape[1:])
    parts = [run(part_BTCHW) for part_BTCHW in torch.split(given, reads.frames, dim=1)]
    return (parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)).float()


def as_it_is(model: DenseNet, reads: PictureInput | FilmInput) -> Run:
    """This will give how a network is asked in evaluation: in evaluation mode and without gradients."""

    def run(shared: Tensor) -> Tensor:
        was_training = model.training
        model.eval()
        with torch.no_grad():
            logits = look(model, shared, reads)
        model.train(was_training)
        return logits

    return run
