"""The one form of every saliency network's prediction: the log-density of where people look, frame by frame.

Shape suffixes: H and W pixels, h and w those of a network; `...` samples, and frames of videos where there are any.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.nets.dense.base import resized


def belief(logits: Tensor, *, temperature: float, height: int, width: int) -> Tensor:
    """This will give log softmax(z / temperature) over the pixels of each frame, (..., height, width), float32.

    `logits` are (B, h, w), of videos (B, T, h, w), of any stride: they are resized bilinearly as whole frames before
    probabilities are made.
    """
    flat_N1hw = logits.float().flatten(0, -3).unsqueeze(1)
    full_NHW = resized(flat_N1hw, height, width).squeeze(1)
    log_NP = torch.log_softmax(full_NHW.flatten(1) / temperature, dim=1)
    return log_NP.view(*logits.shape[:-2], height, width)
