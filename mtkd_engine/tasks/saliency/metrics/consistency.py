"""Temporal consistency: how alike the maps of consecutive frames are.

Shape suffixes: T frames, H and W pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.tasks.saliency.metrics.cc import cc


def temporal_consistency(predicted_THW: Tensor) -> float:
    """This will give the mean correlation of every frame's map with the next one's, -1..1, of one video.

    1 is a map that never changes, which no metric of this kind can tell from a good one: read it beside the others.
    NaN where there are fewer than two frames.
    """
    if len(predicted_THW) < 2:
        return float("nan")
    before_THW, after_THW = predicted_THW[:-1], predicted_THW[1:]
    is_same_T = (before_THW == after_THW).flatten(1).all(1)
    alike_T = torch.where(is_same_T.to(before_THW.device), 1.0, cc(before_THW, after_THW).nan_to_num(0.0))
    return float(alike_T.mean())
