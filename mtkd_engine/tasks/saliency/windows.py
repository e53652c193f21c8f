"""Windows of frames over a video, and what networks say in several of them brought together.

Shape suffixes: T frames of a window, F of a video, H and W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def starts_of(frames: int, *, length: int, stride: int) -> list[int]:
    """This will give the first frame of each window of `length` frames, every `stride` frames.

    The last window ends with the video, so that every frame is in one, however short what is left; a video that is
    shorter than a window has one.
    """
    last = max(frames - length, 0)
    return [*range(0, last, stride), last]


def averaged(said_THW: Sequence[Tensor], starts: Sequence[int], *, frames: int) -> Tensor:
    """This will give one map for each frame of a video, (F, H, W): the mean of the windows that it is in.

    `said_THW` are densities of windows from these first frames; what a window has after the end of the video counts for
    nothing. Every frame must be in a window.
    """
    first = said_THW[0]
    sum_FHW = torch.zeros(frames, *first.shape[1:], dtype=first.dtype, device=first.device)
    count_F = torch.zeros(frames, dtype=first.dtype, device=first.device)
    for window_THW, start in zip(said_THW, starts, strict=True):
        stop = min(start + len(window_THW), frames)
        sum_FHW[start:stop] += window_THW[: stop - start]
        count_F[start:stop] += 1
    assert bool((count_F > 0).all()), "every frame is in a window"
    return sum_FHW / count_F.view(-1, 1, 1)


def sampled(frames: int, *, rate: float, wanted: float) -> range:
    """This will give the frames that are seen of a video: about `wanted` a second, of slower ones all."""
    return range(0, frames, max(1, round(rate / wanted)))
