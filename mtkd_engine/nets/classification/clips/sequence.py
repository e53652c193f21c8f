"""Residual convolutions over the features of a clip; padding never counts.

Every stage but the first halves the length; then the mean over what is left of the clip, one linear layer. Normalised
is over channels alone: statistics over moments or samples would see the padding.
Shape suffixes: B clips, T moments, D given features, C channels (classes of logits), F features.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.clips.given import Padded
from mtkd_engine.nets.masking import masked_mean
from mtkd_engine.spec.classification.clipnets import SequenceNet


class SequenceClassifier(Classifier):
    """The network that a `SequenceNet` describes, for features of this width and any length."""

    def __init__(self, net: SequenceNet, *, classes: int, width: int) -> None:
        super().__init__()
        self.stem = nn.Linear(width, net.width)
        self.stages = nn.ModuleList(_Stage(net, stride=1 if place == 0 else 2) for place in range(net.stages))
        self.norm = nn.LayerNorm(net.width)
        self.linear = nn.Linear(net.width, classes)
        self.feature_width = net.width

    def features(self, given: Tensor | Padded) -> Tensor:
        """This will give the mean over each clip, (B, F); of a plain tensor, zeros after the end are padding."""
        features_BTD, mask_BT = with_mask(given)
        known_BTD = features_BTD.masked_fill(~mask_BT.unsqueeze(2), 0.0)
        maps_BCT = _kept(self.stem(known_BTD).transpose(1, 2), mask_BT)
        return self._pooled(self.stages, maps_BCT, mask_BT)

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the logits (B, C)."""
        logits: Tensor = self.linear(features_BF)
        return logits

    def stage_paths(self) -> tuple[str, ...]:
        """This will name the stages."""
        return tuple(f"stages.{place}" for place in range(len(self.stages)))

    def features_from(self, k: int, maps: Tensor, given: Any = None) -> Tensor:
        """This will give the features (B, F) of maps (B, C, T) after stage k; without `given` none is padding."""
        if given is None:
            mask_BT = torch.ones(maps.shape[0], maps.shape[2], dtype=torch.bool, device=maps.device)
        else:
            _, mask_BT = with_mask(given)
            for stage in self.stages[:k]:
                mask_BT = _halved(mask_BT, stage)
        return self._pooled(self.stages[k:], maps, mask_BT)

    def _pooled(self, stages: nn.ModuleList, maps_BCT: Tensor, mask_BT: Tensor) -> Tensor:
        for stage in stages:
            maps_BCT = stage(maps_BCT, mask_BT)
            mask_BT = _halved(mask_BT, stage)
        pooled_BF: Tensor = self.norm(masked_mean(maps_BCT.transpose(1, 2), mask_BT))
        return pooled_BF


def with_mask(given: Tensor | Padded) -> tuple[Tensor, Tensor]:
    """This will give features (B, T, D) and which moments belong to a clip (B, T), by zeros where none says it."""
    if isinstance(given, Padded):
        return given.features_BTD, given.mask_BT
    place_T = torch.arange(1, given.shape[1] + 1, device=given.device)
    last_B = ((given != 0).any(2) * place_T).amax(1)
    return given, place_T <= last_B.unsqueeze(1)


class _Stage(nn.Module):
    """Blocks of one length, of which the first may halve that of what it is given."""

    def __init__(self, net: SequenceNet, *, stride: int) -> None:
        super().__init__()
        strides = [stride, *(1 for _ in range(net.blocks - 1))]
        self.blocks = nn.ModuleList(_Block(net, stride=one) for one in strides)
        self.stride = stride

    def forward(self, maps_BCT: Tensor, mask_BT: Tensor) -> Tensor:
        """This will give maps that are zero in the padding; the mask is that of what is given."""
        for block in self.blocks:
            maps_BCT = block(maps_BCT, mask_BT)
            mask_BT = _halved(mask_BT, block)
        return maps_BCT


class _Block(nn.Module):
    """Two convolutions, each after a normalisation, and a way around them."""

    def __init__(self, net: SequenceNet, *, stride: int) -> None:
        super().__init__()
        around = net.kernel // 2
        self.norm1 = nn.LayerNorm(net.width)
        self.conv1 = nn.Conv1d(net.width, net.width, net.kernel, stride=stride, padding=around)
        self.norm2 = nn.LayerNorm(net.width)
        self.conv2 = nn.Conv1d(net.width, net.width, net.kernel, padding=around)
        self.dropout = nn.Dropout(net.dropout)
        self.stride = stride

    def forward(self, maps_BCT: Tensor, mask_BT: Tensor) -> Tensor:
        """This will give maps that are zero in the padding; the mask is that of what is given."""
        left_BT = _halved(mask_BT, self)
        inner_BCT = self.conv1(_kept(functional.relu(_normal(self.norm1, maps_BCT)), mask_BT))
        inner_BCT = self.conv2(_kept(functional.relu(_normal(self.norm2, inner_BCT)), left_BT))
        kept_BCT = functional.avg_pool1d(maps_BCT, 1, stride=self.stride)
        return _kept(kept_BCT + self.dropout(inner_BCT), left_BT)


def _normal(norm: nn.Module, maps_BCT: Tensor) -> Tensor:
    normal_BTC: Tensor = norm(maps_BCT.transpose(1, 2))
    return normal_BTC.transpose(1, 2)


def _kept(maps_BCT: Tensor, mask_BT: Tensor) -> Tensor:
    return maps_BCT.masked_fill(~mask_BT.unsqueeze(1), 0.0)


def _halved(mask_BT: Tensor, part: nn.Module) -> Tensor:
    """The mask of what a part gives: every other moment is left where it halves."""
    return mask_BT[:, :: part.stride]
