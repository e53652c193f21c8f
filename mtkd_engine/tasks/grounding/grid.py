"""Between seconds and clips: clip i of n covers [i * d / n, (i + 1) * d / n] of a video of d seconds."""

from __future__ import annotations

import torch
from torch import Tensor


def nearest_cells(
    first: Tensor, last: Tensor, *, from_clips: Tensor, to_clips: Tensor
) -> tuple[Tensor, Tensor]:
    """This will map windows (first, last) of one clip grid to those of another, by time.

    Each end goes to the nearest boundary, so it moves by at most half a clip of the new grid. A window
    shorter than that can lose both ends to one boundary; it keeps the one clip that holds its middle. All
    arguments are int64 and broadcast.
    """
    start = _round_divide(first * to_clips, from_clips)
    stop = _round_divide((last + 1) * to_clips, from_clips)
    middle = ((first + last + 1) * to_clips).div(2 * from_clips, rounding_mode="floor")
    vanished = stop <= start
    return torch.where(vanished, middle, start), torch.where(vanished, middle, stop - 1)


def cells_of_windows(windows_B2: Tensor, *, durations_B: Tensor, clips_B: Tensor) -> tuple[Tensor, Tensor]:
    """This will give the first and last clip of windows in seconds, by the same rule as `nearest_cells`."""
    ends_B2 = (windows_B2.double() / durations_B.double().unsqueeze(1)).clamp(0.0, 1.0) * clips_B.unsqueeze(1)
    start_B, stop_B = (ends_B2 + 0.5).floor().long().unbind(1)
    middle_B = torch.minimum(ends_B2.mean(1).floor().long(), clips_B - 1)
    vanished_B = stop_B <= start_B
    return torch.where(vanished_B, middle_B, start_B), torch.where(vanished_B, middle_B, stop_B - 1)


def windows_of_cells(first: Tensor, last: Tensor, *, durations: Tensor, clips: Tensor) -> Tensor:
    """This will give windows in seconds, (..., 2) float64, of cells (first clip, last clip)."""
    ends = torch.stack([first, last + 1], dim=-1).double()
    return ends * (durations.double() / clips.double()).unsqueeze(-1)


def clip_mask(clips_B: Tensor, length: int) -> Tensor:
    """This will mark the valid ones of `length` clips."""
    return torch.arange(length, device=clips_B.device).unsqueeze(0) < clips_B.unsqueeze(1)


def _round_divide(numerator: Tensor, denominator: Tensor) -> Tensor:
    # In integers: a float quotient may fall on the wrong side of one half.
    return (2 * numerator + denominator).div(2 * denominator, rounding_mode="floor")
