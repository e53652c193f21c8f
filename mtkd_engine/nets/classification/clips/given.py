"""What networks read of clips, normalised float tensors; frames of clips are a plain tensor (B, T, C, H, W).

Shape suffixes: B samples, S segments, T moments, C channels, H and W pixels, D features.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor


class Streams(NamedTuple):
    """Compressed clips, one place per segment; of a stream that a network lacks, anything will do."""

    iframe_BSCHW: Tensor
    """Three channels."""
    motion_BSCHW: Tensor
    """Two channels: to the right, and down."""
    residual_BSCHW: Tensor
    """Three channels."""


class Padded(NamedTuple):
    """Features of clips of several lengths; what stands where the mask is False means nothing."""

    features_BTD: Tensor
    mask_BT: Tensor


Given: TypeAlias = Tensor | Streams | Padded
"""What networks of clips read: frames or zero-padded features as a tensor, streams, features with a mask."""


def moved(given: Given, device: torch.device | str) -> Given:
    """This will give what a network reads on a device."""
    if isinstance(given, Tensor):
        return given.to(device)
    return type(given)(*(part.to(device) for part in given))
