"""An image network for each stream of a compressed clip (CoViAR, Wu et al. 2018, arXiv 1712.00636).

Motion and residuals are normalised by batch before their networks, for nobody knows their spread beforehand. The
logits of a clip's segments are averaged, and those of its streams mixed by weights that are kept with the parameters.
Shape suffixes: B clips, S segments, C channels (classes of logits), H and W pixels, F features.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.clips.backbones import backbone_of
from mtkd_engine.spec.classification.clipnets import STREAMS, StreamsNet
from mtkd_engine.spec.classification.inputs import StreamsInput

CHANNELS = {"iframe": 3, "motion": 2, "residual": 3}
PUBLISHED = {"iframe": 2.0, "motion": 1.0, "residual": 1.0}
"""Weights of the logits; over the streams that are present they are brought to a sum of 1."""


class StreamsClassifier(Classifier):
    """The network that a `StreamsNet` describes; tensors of a stream's network stand behind the stream's name.

    The mean of a segment's logits is taken over features already: heads of image networks are affine, so that it is
    the same number.
    """

    fusion: Tensor

    def __init__(self, net: StreamsNet, *, classes: int, input: StreamsInput) -> None:  # noqa: A002
        super().__init__()
        self.names = net.present
        self.learns_each = net.learns == "each" and len(net.present) > 1
        self._widths: list[int] = []
        for name in self.names:
            backbone = backbone_of(
                getattr(net, name), field=name, classes=classes, channels=CHANNELS[name], size=input.size
            )
            self.add_module(name, backbone)
            self._widths.append(backbone.feature_width)
            if name != "iframe":
                self.add_module(f"{name}_norm", nn.BatchNorm2d(CHANNELS[name]))
        self.feature_width = sum(self._widths)
        self.register_buffer("fusion", torch.empty(len(self.names)))
        self.set_fusion({name: PUBLISHED[name] for name in self.names})

    def features(self, given: Any) -> Tensor:
        """This will give the mean over segments of each stream's features, one stream after the other, (B, F).

        `given` is a `Streams`.
        """
        return torch.cat([self._stream_features(name, given) for name in self.names], dim=1)

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the mixed logits (B, C)."""
        logits_NBC = torch.stack(list(self.by_stream(features_BF).values()))
        mixed_BC: Tensor = (logits_NBC * self.fusion.view(-1, 1, 1)).sum(0)
        return mixed_BC

    def streams(self, given: Any) -> dict[str, Tensor]:
        """This will give each stream's own logits (B, C) of a `Streams`, by name in the order of `names`."""
        return self.by_stream(self.features(given))

    def by_stream(self, features_BF: Tensor) -> dict[str, Tensor]:
        """This will give each stream's own logits (B, C) of features (B, F)."""
        parts = torch.split(features_BF, self._widths, dim=1)
        return {name: self.backbone(name).head(part) for name, part in zip(self.names, parts, strict=True)}

    def backbone(self, name: str) -> Classifier:
        """This will give the image network of a stream, which may be staged by itself."""
        backbone = self.get_submodule(name)
        assert isinstance(backbone, Classifier)
        return backbone

    def set_fusion(self, weights: Mapping[str, float]) -> None:
        """This will mix the streams in these proportions, one number for each that is present."""
        assert set(weights) == set(self.names), f"given {sorted(weights)}, accepted are {self.names}"
        total = sum(weights.values())
        assert total > 0
        assert min(weights.values()) >= 0
        shares = [weights[name] / total for name in self.names]
        self.fusion.copy_(torch.tensor(shares, dtype=self.fusion.dtype, device=self.fusion.device))

    def _stream_features(self, name: str, given: Any) -> Tensor:
        maps_BSCHW = given[STREAMS.index(name)]
        maps = maps_BSCHW.flatten(0, 1)
        if name != "iframe":
            maps = self.get_submodule(f"{name}_norm")(maps)
        features = self.backbone(name).features(maps)
        return features.reshape(-1, maps_BSCHW.shape[1], features.shape[1]).mean(1)
