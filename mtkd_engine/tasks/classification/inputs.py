"""What a network reads, made of what all participants share.

Shape suffixes: B samples, T frames or rows, S segments, C channels, H and W pixels, D features, N images.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.nets.classification.clips.given import Given, Padded, Streams
from mtkd_engine.spec import AnyInput, ClipInput, FeatureInput, ImageInput, StreamsInput
from mtkd_engine.tasks.classification.batches import Frames, Rows, Shared

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in grey (ITU-R BT.601)."""
FARTHEST = 20
"""Pixels of motion that a network tells apart; what is farther counts as this far (CoViAR)."""
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def to_input(shared: Shared, reads: AnyInput, *, channels_last: bool = False) -> Given:
    """This will bring what participants share to what one of them reads, float32; nothing is read back.

    Images, (B, C, size, size): grey where the network has one channel; resized bilinearly, smoothed where they shrink;
    (value / 255 - mean) / std per channel. Clips: frames at even places, each as an image, (B, T, C, size, size).
    Compressed clips: see `StreamsInput`. Features: rows at even places, as they are.
    """
    if isinstance(reads, ImageInput):
        assert isinstance(shared, Tensor), "images are asked of images"
        pixels_BCHW = shared.to(torch.float32)
        if reads.channels == 1:
            luma_3 = _constant(LUMA, pixels_BCHW.device)
            pixels_BCHW = (pixels_BCHW * luma_3.view(3, 1, 1)).sum(1, keepdim=True)
        return normal(_resized(pixels_BCHW, reads.size), reads.mean, reads.std, channels_last=channels_last)
    if isinstance(reads, ClipInput):
        assert isinstance(shared, Frames), "frames are asked of clips"
        return _frames(shared.frames_BTCHW, reads, channels_last=channels_last)
    if isinstance(reads, StreamsInput):
        assert isinstance(shared, Streams), "streams are asked of compressed clips"
        return _streams(shared, reads, channels_last=channels_last)
    assert isinstance(shared, Rows), "features are asked of features"
    return _features(shared, reads)


def at_even_places(count: int, wanted: int) -> list[int]:
    """This will choose the middle one of each of `wanted` equal parts of `count` things, all where there are fewer."""
    if count <= wanted:
        return list(range(count))
    return [(2 * place + 1) * count // (2 * wanted) for place in range(wanted)]


def _frames(frames_BTCHW: Tensor, reads: ClipInput, *, channels_last: bool) -> Tensor:
    count = frames_BTCHW.shape[1]
    if count != reads.frames:
        # Fewer than are wanted stand for several each: networks may be built for a number of frames.
        places = [(2 * place + 1) * count // (2 * reads.frames) for place in range(reads.frames)]
        frames_BTCHW = frames_BTCHW[:, places]
    pixels_NCHW = _resized(frames_BTCHW.flatten(0, 1).to(torch.float32), reads.size)
    normal_NCHW = normal(pixels_NCHW, reads.mean, reads.std, channels_last=channels_last)
    return normal_NCHW.view(-1, reads.frames, *normal_NCHW.shape[1:])


def _streams(shared: Streams, reads: StreamsInput, *, channels_last: bool) -> Streams:
    count = shared.iframe_BSCHW.shape[1]
    places = at_even_places(count, reads.segments)
    parts = [part if len(places) == count else part[:, places] for part in shared]
    iframe, motion, residual = (_resized(part.flatten(0, 1).to(torch.float32), reads.size) for part in parts)
    # As published, whole numbers of 0 to 255 with 128 in the middle.
    moved = (motion * (127.5 / FARTHEST)).trunc().add(128).clamp(0, 255) / 255 - 0.5
    left = residual.add(128).clamp(0, 255)
    read = (
        normal(iframe, _MEAN, _STD, channels_last=channels_last),
        moved.contiguous(memory_format=_order(channels_last)),
        normal(left, (0.5,) * 3, _STD, channels_last=channels_last),
    )
    return Streams(*(part.view(-1, len(places), *part.shape[1:]) for part in read))


def _features(shared: Rows, reads: FeatureInput) -> Padded:
    features_BTD, lengths_B = shared
    places = at_even_places(features_BTD.shape[1], reads.frames)
    here_T = torch.arange(features_BTD.shape[1], device=lengths_B.device)
    mask_BT = here_T < lengths_B.unsqueeze(1)
    if len(places) < len(here_T):
        features_BTD, mask_BT = features_BTD[:, places], mask_BT[:, places]
    return Padded(features_BTD, mask_BT)


def _resized(pixels_NCHW: Tensor, size: int) -> Tensor:
    if pixels_NCHW.shape[-2:] == (size, size):
        return pixels_NCHW
    shrinks = size < min(pixels_NCHW.shape[-2:])
    return functional.interpolate(pixels_NCHW, size=(size, size), mode="bilinear", antialias=shrinks)


def normal(
    pixels_NCHW: Tensor, means: tuple[float, ...], stds: tuple[float, ...], *, channels_last: bool
) -> Tensor:
    """This will give (value / 255 - mean) / std per channel, in one operation."""
    factor = tuple(1.0 / (255.0 * std) for std in stds)
    offset = tuple(-mean / std for mean, std in zip(means, stds, strict=True))
    device = pixels_NCHW.device
    normal_NCHW = torch.addcmul(
        _constant(offset, device).view(-1, 1, 1), pixels_NCHW, _constant(factor, device).view(-1, 1, 1)
    )
    return normal_NCHW.contiguous(memory_format=_order(channels_last))


def _order(channels_last: bool) -> torch.memory_format:
    return torch.channels_last if channels_last else torch.contiguous_format


@lru_cache(maxsize=256)
def _constant(values: tuple[float, ...], device: torch.device) -> Tensor:
    """Numbers on a device, copied there once: a copy in every step would wait for the device."""
    with torch.inference_mode(False):
        return torch.tensor(values, dtype=torch.float32, device=device)
