"""An encoder-decoder of convolutions over time and space (after U-Net 2015 and R(2+1)D 2018): a map of every frame.

Time keeps its length throughout, so films of any length are read; every stage halves the size of frames. Shape
suffixes: B films, T frames, C channels, H and W pixels or cells.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from mtkd_engine.nets.classification.clips.conv3d import Block, convolution
from mtkd_engine.nets.dense.base import DenseNet, group_norm, resized, size_of
from mtkd_engine.spec import Conv3dMaps

_HALVES = (1, 2, 2)


class Conv3dMapsNet(DenseNet):
    """The network that a `Conv3dMaps` describes, for films of any length and size."""

    def __init__(self, net: Conv3dMaps) -> None:
        super().__init__()
        kind = net.convolution
        widths = [net.width * 2**stage for stage in range(net.stages)]
        self.stages = nn.ModuleList(
            _stage(given, width, kind=kind, blocks=net.blocks)
            for given, width in zip([3, *widths], widths, strict=False)
        )
        self.merge = nn.ModuleList(
            _merging(deeper + width, width, kind=kind) for width, deeper in pairwise(widths)
        )
        self.head = nn.Conv3d(net.width, 1, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv3d) and module is not self.head:
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, given: Tensor) -> Tensor:
        """This will give the logits (B, T, h, w) of films (B, T, 3, H, W)."""
        found = given.transpose(1, 2)
        skips: list[Tensor] = []
        for stage in self.stages:
            found = stage(found)
            skips.append(found)
        for place in reversed(range(len(self.merge))):
            skip = skips[place]
            found = self.merge[place](torch.cat([_spread(found, skip), skip], dim=1))
        logits_B1THW: Tensor = self.head(found)
        return logits_B1THW.squeeze(1)


def _stage(given: int, width: int, *, kind: str, blocks: int) -> nn.Sequential:
    first = Block(given, width, kind=kind, stride=_HALVES)
    return nn.Sequential(
        first, *(Block(width, width, kind=kind, stride=(1, 1, 1)) for _ in range(blocks - 1))
    )


def _merging(given: int, width: int, *, kind: str) -> nn.Sequential:
    met = convolution(given, width, kind=kind, kernel=(3, 3, 3), stride=(1, 1, 1))
    return nn.Sequential(met, group_norm(width), nn.ReLU())


def _spread(maps_BCTHW: Tensor, like: Tensor) -> Tensor:
    """Frame by frame: in three dimensions the backward has not the same bits every time on CUDA."""
    frames = maps_BCTHW.shape[2]
    flat = resized(maps_BCTHW.transpose(1, 2).flatten(0, 1), *size_of(like))
    return flat.reshape(-1, frames, *flat.shape[1:]).transpose(1, 2)
