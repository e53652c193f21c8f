"""What every network with an output for each pixel is.

Shape suffixes: B samples, T frames, C channels (classes of logits), H and W pixels, h and w cells of maps.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class DenseNet(nn.Module):
    """Normalised pictures (B, 3, H, W) to logits (B, C, h, w), or to one map each (B, h, w).

    Those that read films (B, T, 3, H, W), of up to as many frames as their card says, give a map of each frame
    (B, T, h, w). Cells cover the whole picture: a map is brought to any other grid by bilinear interpolation.
    """

    def forward(self, given: Tensor) -> Tensor:
        """This will give the logits of what the network reads."""
        raise NotImplementedError


def resized(maps_BCHW: Tensor, height: int, width: int) -> Tensor:
    """This will bring maps to a size bilinearly, by the middles of pixels; a gradient flows back repeatably.

    Maps that have the size stay as they are.
    """
    if maps_BCHW.shape[-2:] == (height, width):
        return maps_BCHW
    return functional.interpolate(maps_BCHW, size=(height, width), mode="bilinear")


def size_of(maps: Tensor) -> tuple[int, int]:
    """This will give height and width."""
    return int(maps.shape[-2]), int(maps.shape[-1])


def group_norm(width: int) -> nn.GroupNorm:
    """This will normalise each sample by itself, so that small batches do no harm; at least 4 channels a group."""
    groups = next(
        count for count in (8, 4, 2, 1) if width % count == 0 and (width // count >= 4 or count == 1)
    )
    return nn.GroupNorm(groups, width)
