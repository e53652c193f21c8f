"""Residual networks over time and space (Tran et al. 2018, arXiv 1711.11248).

A stem that halves the size, stages of basic blocks that from the second on halve length and size and double the
channels, the mean over all positions, one linear layer: with width 64, 4 stages of 2 blocks the R3D-18 and R(2+1)D-18
of the paper. Where a clip has one moment left, length stays. Shape suffixes: B clips, T moments, C channels (classes
of logits), H and W positions, F features.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.spec.classification.clipnets import Conv3dNet

Sizes = tuple[int, int, int]
"""Over time, height and width."""


class Conv3dClassifier(Classifier):
    """The network that a `Conv3dNet` describes, for clips of any length and size."""

    def __init__(self, net: Conv3dNet, *, classes: int) -> None:
        super().__init__()
        kind = net.convolution
        self.stem = nn.Sequential(
            convolution(3, net.width, kind=kind, kernel=(3, 7, 7), stride=(1, 2, 2)),
            nn.BatchNorm3d(net.width),
            nn.ReLU(),
        )
        widths = [net.width * 2**stage for stage in range(net.stages)]
        self.stages = nn.ModuleList(
            _stage(given, width, kind=kind, blocks=net.blocks, stride=1 if place == 0 else 2)
            for place, (given, width) in enumerate(zip([net.width, *widths], widths, strict=False))
        )
        self.linear = nn.Linear(widths[-1], classes)
        self.feature_width = widths[-1]
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def features(self, clip_BTCHW: Tensor) -> Tensor:
        """This will give the mean of the last maps, (B, F)."""
        maps_BCTHW = self.stem(clip_BTCHW.transpose(1, 2))
        return self._pooled(self.stages, maps_BCTHW)

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the logits (B, C)."""
        logits: Tensor = self.linear(features_BF)
        return logits

    def stage_paths(self) -> tuple[str, ...]:
        """This will name the stages."""
        return tuple(f"stages.{place}" for place in range(len(self.stages)))

    def features_from(self, k: int, maps: Tensor, given: Any = None) -> Tensor:
        """This will give the features (B, F) of maps (B, C, T, H, W) after stage k."""
        return self._pooled(self.stages[k:], maps)

    @staticmethod
    def _pooled(stages: nn.ModuleList, maps_BCTHW: Tensor) -> Tensor:
        for stage in stages:
            maps_BCTHW = stage(maps_BCTHW)
        # Adaptive pooling has no backward on CUDA that gives the same bits every time.
        return maps_BCTHW.mean(dim=(2, 3, 4))


class Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, given: int, width: int, *, kind: str, stride: Sizes) -> None:
        super().__init__()
        self.conv1 = convolution(given, width, kind=kind, kernel=(3, 3, 3), stride=stride)
        self.bn1 = nn.BatchNorm3d(width)
        self.conv2 = convolution(width, width, kind=kind, kernel=(3, 3, 3), stride=(1, 1, 1))
        self.bn2 = nn.BatchNorm3d(width)
        self.shortcut = nn.Sequential()
        if stride != (1, 1, 1) or given != width:
            around = nn.Conv3d(given, width, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(around, nn.BatchNorm3d(width))

    def forward(self, maps: Tensor) -> Tensor:
        """This will give maps of the block's width, smaller by its stride."""
        inner = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(maps)))))
        return functional.relu(inner + self.shortcut(maps))


def convolution(given: int, width: int, *, kind: str, kernel: Sizes, stride: Sizes) -> nn.Module:
    """This will make one convolution over time and space, or, factored, one over space and one over time."""
    padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
    if kind == "whole":
        return nn.Conv3d(given, width, kernel, stride=stride, padding=padding, bias=False)
    t, d = kernel[0], kernel[1]
    # The paper's rule: as many parameters as the convolution that is factored has.
    between = t * d * d * given * width // (d * d * given + t * width)
    space = (1, kernel[1], kernel[2]), (1, stride[1], stride[2]), (0, padding[1], padding[2])
    time = (t, 1, 1), (stride[0], 1, 1), (padding[0], 0, 0)
    return nn.Sequential(
        nn.Conv3d(given, between, space[0], stride=space[1], padding=space[2], bias=False),
        nn.BatchNorm3d(between),
        nn.ReLU(),
        nn.Conv3d(between, width, time[0], stride=time[1], padding=time[2], bias=False),
    )


def _stage(given: int, width: int, *, kind: str, blocks: int, stride: int) -> nn.Sequential:
    first = Block(given, width, kind=kind, stride=(stride, stride, stride))
    return nn.Sequential(
        first, *(Block(width, width, kind=kind, stride=(1, 1, 1)) for _ in range(blocks - 1))
    )
