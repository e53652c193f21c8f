"""What every image classifier is: images to pooled features, features to one score per class.

Shape suffixes: B batch, C classes (channels in images), H and W pixels, F features.
"""

from __future__ import annotations

from torch import Tensor, nn


class Classifier(nn.Module):
    """An image classifier in two parts; `feature_width` is F, the width of what lies between them."""

    feature_width: int

    def features(self, images_BCHW: Tensor) -> Tensor:
        """This will give the last pooled features, (B, F), of normalised float images (B, C, H, W)."""
        raise NotImplementedError

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the logits (B, C) of pooled features."""
        raise NotImplementedError

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """This will give the logits (B, C) of normalised float images (B, C, H, W)."""
        return self.head(self.features(images_BCHW))
