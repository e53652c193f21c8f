"""An image network on every frame of a clip, and the mean over frames of what it makes of them.

Shape suffixes: B clips, T frames, C channels (classes of logits), H and W pixels, F features.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.clips.backbones import backbone_of
from mtkd_engine.nets.classification.clips.shifting import shift_between_frames
from mtkd_engine.nets.classification.stages import folded, head_part, spread, stages_of
from mtkd_engine.spec.classification.clipnets import FrameNet
from mtkd_engine.spec.classification.inputs import ClipInput


class FrameClassifier(Classifier):
    """The network that a `FrameNet` describes; its tensors are those of the image network behind `backbone.`."""

    def __init__(self, net: FrameNet, *, classes: int, input: ClipInput) -> None:  # noqa: A002
        super().__init__()
        self.backbone = backbone_of(
            net.backbone, field="backbone", classes=classes, channels=input.channels, size=input.size
        )
        self.feature_width = self.backbone.feature_width
        self.frames = input.frames
        self._shifts = net.temporal == "shift"
        if self._shifts:
            shift_between_frames(self.backbone, frames=input.frames, part=net.part)

    def features(self, clip_BTCHW: Tensor) -> Tensor:
        """This will give the mean over frames of the image network's features, (B, F)."""
        frames = clip_BTCHW.shape[1]
        assert frames == self.frames or not self._shifts, "neighbours are told by their number"
        return self._over_time(self.backbone.features(clip_BTCHW.flatten(0, 1)), frames)

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the logits (B, C)."""
        return self.backbone.head(features_BF)

    def stage_paths(self) -> tuple[str, ...]:
        """This will name those of the image network; raises SpecError where it has none."""
        return tuple(f"backbone.{path}" for path in stages_of(self.backbone))

    def features_from(self, k: int, maps: Tensor, given: Any = None) -> Tensor:
        """This will give the features (B, F) of maps (B T, ...) after stage k."""
        frames = self.frames if given is None else given.shape[1]
        return self._over_time(head_part(self.backbone, k).features(maps), frames)

    def spread(self, maps: Tensor) -> Tensor:
        """This will put time beside space: (B, C, T, H, W)."""
        maps = spread(self.backbone, maps)
        return maps.reshape(-1, self.frames, *maps.shape[1:]).transpose(1, 2)

    def folded(self, maps: Tensor) -> Tensor:
        """This will undo that."""
        return folded(self.backbone, maps.transpose(1, 2).flatten(0, 1))

    @staticmethod
    def _over_time(features: Tensor, frames: int) -> Tensor:
        return features.reshape(-1, frames, features.shape[1]).mean(1)
