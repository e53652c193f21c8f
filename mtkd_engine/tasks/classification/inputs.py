"""What a network reads, made of the pixels that all participants share.

Shape suffixes: B samples, C channels, H and W pixels.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.spec.classification.model import ImageInput

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in grey (ITU-R BT.601)."""


def to_input(images_BCHW: Tensor, spec: ImageInput, *, channels_last: bool = False) -> Tensor:
    """This will bring images of values 0 to 255, three channels, to what a network reads: (B, C, size, size) float32.

    Grey where the network has one channel; resized bilinearly, smoothed where it shrinks; (value / 255 - mean) / std
    per channel. Nothing is read back from the device.
    """
    pixels_BCHW = images_BCHW.to(torch.float32)
    if spec.channels == 1:
        luma_3 = _constant(LUMA, pixels_BCHW.device)
        pixels_BCHW = (pixels_BCHW * luma_3.view(3, 1, 1)).sum(1, keepdim=True)
    size = (spec.size, spec.size)
    if pixels_BCHW.shape[-2:] != size:
        shrinks = spec.size < min(pixels_BCHW.shape[-2:])
        pixels_BCHW = functional.interpolate(pixels_BCHW, size=size, mode="bilinear", antialias=shrinks)
    factor = tuple(1.0 / (255.0 * std) for std in spec.std)
    offset = tuple(-mean / std for mean, std in zip(spec.mean, spec.std, strict=True))
    device = pixels_BCHW.device
    normal_BCHW = torch.addcmul(
        _constant(offset, device).view(-1, 1, 1), pixels_BCHW, _constant(factor, device).view(-1, 1, 1)
    )
    order = torch.channels_last if channels_last else torch.contiguous_format
    return normal_BCHW.contiguous(memory_format=order)


@lru_cache(maxsize=256)
def _constant(values: tuple[float, ...], device: torch.device) -> Tensor:
    """Numbers on a device, copied there once: a copy in every step would wait for the device."""
    with torch.inference_mode(False):
        return torch.tensor(values, dtype=torch.float32, device=device)
