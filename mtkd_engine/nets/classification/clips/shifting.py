"""Channels shifted between neighbouring frames (TSM, Lin et al. 2019, arXiv 1811.08383).

A part of the channels comes from the frame before, as many from the frame after, zeros stand where there is none. It is
the paper's residual shift: inside the residual branch, so that a frame's own maps go on beside it.
Shape suffixes: B clips, T frames.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.stages import stages_of
from mtkd_engine.nets.classification.taps import module_at
from mtkd_engine.spec import SpecError

BRANCHES = {
    "_Block": "conv1",
    "ResNetBasicLayer": "layer",
    "ResNetBottleNeckLayer": "layer",
    "RegNetXLayer": "layer",
    "RegNetYLayer": "layer",
    "ConvNextLayer": "dwconv",
    "ConvNextV2Layer": "dwconv",
    "BasicBlock": "conv1",
    "Bottleneck": "conv1",
}
"""The first module of the residual branch, by the class of a block: by name, for not every library is here."""


def shifted(maps: Tensor, *, frames: int, part: int) -> Tensor:
    """This will shift maps (B T, C, H, W) or tokens (B T, N, C) of clips of T frames; one alone stays as it is."""
    channel = 1 if maps.ndim == 4 else maps.ndim - 1
    width = maps.shape[channel]
    moved = width // part
    if frames == 1 or not moved:
        return maps
    onward, back, kept = torch.split(maps, [moved, moved, width - 2 * moved], dim=channel)
    place = torch.arange(maps.shape[0], device=maps.device).view(-1, *(1 for _ in maps.shape[1:])) % frames
    # Rows of all clips in turn: with a dimension for time, channels that lie last would be brought to the front.
    onward = torch.where(place == 0, 0.0, onward.roll(1, dims=0))
    back = torch.where(place == frames - 1, 0.0, back.roll(-1, dims=0))
    return torch.cat([onward, back, kept], dim=channel)


def shift_between_frames(backbone: Classifier, *, frames: int, part: int) -> None:
    """This will have an image network shift its channels; no name of a tensor changes.

    In the branches of its residual blocks, else where its stages begin. Raises SpecError, field `net.temporal`.
    """
    shift = _Shift(frames=frames, part=part)
    for module in _places(backbone):
        module.register_forward_pre_hook(shift)


class _Shift:
    """Changes what a module reads."""

    def __init__(self, *, frames: int, part: int) -> None:
        self.frames, self.part = frames, part

    def __call__(self, _module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        return (shifted(given[0], frames=self.frames, part=self.part), *given[1:])


def _places(backbone: Classifier) -> list[nn.Module]:
    branches = [(module, BRANCHES.get(type(module).__name__)) for module in backbone.modules()]
    if found := [module.get_submodule(name) for module, name in branches if name is not None]:
        return found
    try:
        return [module_at(backbone, path) for path in stages_of(backbone)]
    except SpecError:
        raise SpecError(
            {
                "net.temporal": "given 'shift' with an image network that has neither residual blocks nor stages "
                "to shift in; accepted is 'pool'."
            }
        ) from None
