"""NSS: how far above its mean a predicted map is where people looked.

Shape suffixes: B maps, H and W pixels, N pixels of a map.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.tasks.saliency.metrics.maps import defined, flat


def nss(predicted_BHW: Tensor, fixated_BHW: Tensor) -> Tensor:
    """This will give the mean of (S - mean S) / std S over fixated pixels, in standard deviations, (B,).

    `fixated_BHW` is true where somebody looked: a pixel counts once however many did. The deviation is that of
    MATLAB, with N - 1. 0 where the prediction is the same everywhere, NaN where nobody looked.
    """
    said_BN, fixated_BN = flat(predicted_BHW), fixated_BHW.reshape(len(fixated_BHW), -1) > 0
    is_flat_B = said_BN.amax(1) == said_BN.amin(1)
    spread_B = said_BN.std(1).masked_fill(is_flat_B, 1.0)
    count_B = fixated_BN.sum(1)
    there_B = torch.where(fixated_BN, said_BN, 0.0).sum(1) / count_B.clamp(min=1)
    above_B = (there_B - said_BN.mean(1)).masked_fill(is_flat_B, 0.0)
    return defined(above_B / spread_B, count_B > 0)
