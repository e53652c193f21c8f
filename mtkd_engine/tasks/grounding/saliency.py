"""A teacher's score of every clip, brought to the student's grid by time."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.tasks.grounding.grid import clip_mask


@torch.no_grad()
def saliency_on_grid(
    saliency_BS: Tensor, *, from_clips_B: Tensor, to_clips_B: Tensor, to_length: int
) -> Tensor:
    """This will average scores of `from_clips_B` equal clips over those of the student's grid, (B, to_length).

    Each score weighs the time it shares with the clip of the student; equal grids change nothing. Padding is 0. A
    sample with no score at all (`from_clips_B` 0) is NaN throughout.
    """
    valid_BS = clip_mask(from_clips_B, saliency_BS.shape[1])
    given_B11 = from_clips_B[:, None, None].clamp(min=1)
    wanted_B11 = to_clips_B[:, None, None]
    # In units of 1 / (given * wanted) of the duration, the boundaries of both grids are whole numbers.
    clip_BL1 = torch.arange(to_length, device=saliency_BS.device)[None, :, None] * given_B11
    score_B1S = torch.arange(saliency_BS.shape[1], device=saliency_BS.device) * wanted_B11
    shared_BLS = torch.minimum(clip_BL1 + given_B11, score_B1S + wanted_B11) - torch.maximum(
        clip_BL1, score_B1S
    )
    share_BLS = shared_BLS.clamp(min=0).to(saliency_BS.dtype) / given_B11
    averaged_BL = (share_BLS @ saliency_BS.masked_fill(~valid_BS, 0.0).unsqueeze(2)).squeeze(2)
    averaged_BL = averaged_BL.masked_fill(~clip_mask(to_clips_B, to_length), 0.0)
    return averaged_BL.masked_fill((from_clips_B == 0).unsqueeze(1), torch.nan)
