"""A light decoder over the stages of an image network, with skips: FPN (Lin et al. 2017) or U-Net (2015) in small.

From the smallest maps to the largest: what came from deeper is brought to the size of the next stage, met with it,
and goes through one convolution. The largest maps that take part give the logits.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtkd_engine.nets.dense.base import DenseNet, group_norm, resized, size_of
from mtkd_engine.nets.dense.encoders import encoder
from mtkd_engine.spec import PictureInput, PyramidNet


class PyramidMaps(DenseNet):
    """The network that a `PyramidNet` describes: a map for each of `outputs`, or one map where that is None."""

    def __init__(self, net: PyramidNet, *, outputs: int | None, reads: PictureInput) -> None:
        super().__init__()
        self.encoder = encoder(net.backbone, reads=reads)
        sizes = self.encoder.sizes
        kept = [place for place, (height, _) in enumerate(sizes) if height * net.stride <= reads.height]
        self._first = kept[0] if kept else len(sizes) - 1
        widths = self.encoder.widths[self._first :]
        self._outputs = outputs
        self._joins = net.decoder == "join"
        self.lateral = nn.ModuleList(nn.Conv2d(width, net.width, 1) for width in widths)
        given = net.width * (2 if self._joins else 1)
        self.merge = nn.ModuleList(_merging(given, net.width) for _ in widths[1:])
        self.head = nn.Sequential(_merging(net.width, net.width), nn.Conv2d(net.width, outputs or 1, 1))

    def forward(self, given: Tensor) -> Tensor:
        """This will give the logits (B, C, h, w), or (B, h, w), of pictures (B, 3, H, W)."""
        maps = self.encoder.levels(given)[self._first :]
        skips = [lateral(one) for lateral, one in zip(self.lateral, maps, strict=True)]
        found = skips[-1]
        for skip, merge in zip(reversed(skips[:-1]), reversed(self.merge), strict=True):
            above = resized(found, *size_of(skip))
            found = merge(torch.cat([above, skip], dim=1) if self._joins else above + skip)
        logits: Tensor = self.head(found)
        return logits.squeeze(1) if self._outputs is None else logits


def _merging(given: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(given, width, 3, padding=1, bias=False), group_norm(width), nn.ReLU())
