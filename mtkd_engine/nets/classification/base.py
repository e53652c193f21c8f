"""What every classifier is: what it reads to pooled features, features to one score per class.

Shape suffixes: B batch, C classes, F features.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class Classifier(nn.Module):
    """A classifier in two parts; `feature_width` is F, the width of what lies between them."""

    feature_width: int

    def features(self, given: Any) -> Tensor:
        """This will give the last pooled features, (B, F); images are normalised floats (B, C, H, W)."""
        raise NotImplementedError

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the logits (B, C) of pooled features."""
        raise NotImplementedError

    def forward(self, given: Any) -> Tensor:
        """This will give the logits (B, C) of what the network reads."""
        return self.head(self.features(given))
