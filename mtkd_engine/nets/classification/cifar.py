"""Residual networks for small images (He et al. 2016, arXiv 1512.03385, section 4.2).

A 3x3 stem, three stages of (depth - 2) / 6 basic blocks that halve the size twice, the mean over all positions, one
linear layer. Names of tensors are those of published checkpoints: conv1, bn1, layer1.0.conv1, ..., linear. Of factor 4
are the resnet8x4 and resnet32x4 of the distillation literature: 64, 128, 256 channels after a stem of 32.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.spec import CifarResNet

WIDTHS = {1: (16, 16, 32, 64), 4: (32, 64, 128, 256)}
"""Channels of the stem and of the three stages, by factor."""


class CifarClassifier(Classifier):
    """The network that a `CifarResNet` describes, for images of any size from 8 pixels on."""

    def __init__(self, net: CifarResNet, *, classes: int, channels: int) -> None:
        super().__init__()
        stem, *widths = WIDTHS[net.factor]
        blocks = (net.depth - 2) // 6
        self.conv1 = nn.Conv2d(channels, stem, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.layer1 = _stage(stem, widths[0], blocks=blocks, stride=1, shortcut=net.shortcut)
        self.layer2 = _stage(widths[0], widths[1], blocks=blocks, stride=2, shortcut=net.shortcut)
        self.layer3 = _stage(widths[1], widths[2], blocks=blocks, stride=2, shortcut=net.shortcut)
        self.linear = nn.Linear(widths[2], classes)
        self.feature_width = widths[2]
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)

    def features(self, images_BCHW: Tensor) -> Tensor:
        """This will give the mean of the last maps, (B, F)."""
        # Unlike adaptive pooling a mean has a backward with the same bits every time on CUDA.
        return self.maps(images_BCHW).mean(dim=(2, 3))

    def maps(self, images_BCHW: Tensor, *, stages: int = 3) -> Tensor:
        """This will give the maps (B, C, H, W) after so many stages."""
        maps = functional.relu(self.bn1(self.conv1(images_BCHW)))
        for stage in (self.layer1, self.layer2, self.layer3)[:stages]:
            maps = stage(maps)
        return maps

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the logits (B, C)."""
        logits: Tensor = self.linear(features_BF)
        return logits


class _Block(nn.Module):
    """Two 3x3 convolutions and a way around them."""

    def __init__(self, given: int, width: int, *, stride: int, shortcut: str) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(given, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = _way_around(given, width, stride=stride, shortcut=shortcut)

    def forward(self, maps: Tensor) -> Tensor:
        """This will give maps of the block's width, smaller by its stride."""
        inner = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(maps)))))
        return functional.relu(inner + self.shortcut(maps))


class _Padded(nn.Module):
    """Option A: every stride-th pixel, and zeros for the channels that are missing, half of them on each side."""

    def __init__(self, missing: int, stride: int) -> None:
        super().__init__()
        self.missing, self.stride = missing, stride

    def forward(self, maps: Tensor) -> Tensor:
        """This will give what is added to the block's result; it has no parameters."""
        before = self.missing // 2
        # A slice would take the same pixels, but its gradient has channels first, whatever order the maps have: all
        # that the gradient meets on its way back is then many times slower with channels last.
        kept = functional.avg_pool2d(maps, 1, stride=self.stride)
        return functional.pad(kept, (0, 0, 0, 0, before, self.missing - before))


def _way_around(given: int, width: int, *, stride: int, shortcut: str) -> nn.Module:
    if stride == 1 and given == width:
        return nn.Sequential()
    if shortcut == "pad":
        return _Padded(width - given, stride)
    return nn.Sequential(nn.Conv2d(given, width, 1, stride=stride, bias=False), nn.BatchNorm2d(width))


def _stage(given: int, width: int, *, blocks: int, stride: int, shortcut: str) -> nn.Sequential:
    first = _Block(given, width, stride=stride, shortcut=shortcut)
    rest = (_Block(width, width, stride=1, shortcut=shortcut) for _ in range(blocks - 1))
    return nn.Sequential(first, *rest)
