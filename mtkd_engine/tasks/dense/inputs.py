"""What a network reads, made of the pictures or frames that all participants share.

Shape suffixes: B samples, T frames, N pictures, C channels (3), H and W pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.spec.dense.inputs import FilmInput, PictureInput
from mtkd_engine.tasks.classification.inputs import normal


def to_dense_input(shared: Tensor, reads: PictureInput | FilmInput, *, channels_last: bool = False) -> Tensor:
    """This will bring what participants share to what one of them reads, float32; nothing is read back.

    Pictures (B, 3, H, W) and frames of videos (B, T, 3, H, W), uint8: each resized as a whole to the network's own
    height and width, bilinearly, smoothed where a side shrinks; (value / 255 - mean) / std per channel. Frames stay as
    many as they are: who reads fewer at a time is given fewer.
    """
    frames_NCHW = shared.flatten(0, -4).to(torch.float32)
    small_NCHW = _smoothed(frames_NCHW, reads.height, reads.width)
    read_NCHW = normal(small_NCHW, reads.mean, reads.std, channels_last=channels_last)
    return read_NCHW if shared.ndim == 4 else read_NCHW.view(*shared.shape[:-3], *read_NCHW.shape[1:])


def _smoothed(pixels_NCHW: Tensor, height: int, width: int) -> Tensor:
    given = pixels_NCHW.shape[-2:]
    if given == (height, width):
        return pixels_NCHW
    shrinks = height < given[0] or width < given[1]
    return functional.interpolate(pixels_NCHW, size=(height, width), mode="bilinear", antialias=shrinks)
