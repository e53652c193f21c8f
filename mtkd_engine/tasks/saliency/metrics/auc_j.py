"""AUC-J: how well a predicted map tells fixated pixels from all others (Judd et al. 2009).

Shape suffixes: B maps, H and W pixels, N pixels of a map, K fixated pixels of the map that has most.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from mtkd_engine.tasks.saliency.metrics.maps import defined, flat

JITTER = 1e-7
"""What breaks ties, added to maps of 0..1."""


def auc_j(predicted_BHW: Tensor, fixated_BHW: Tensor, *, seed: int = 0) -> Tensor:
    """This will give the area under the curve of hits over false alarms, 0..1, (B,).

    `fixated_BHW` is true where somebody looked. Thresholds are the values at fixated pixels, highest first: at the
    i-th, i of all fixated pixels are hits and the other pixels that reach it are false alarms. Predictions should
    span about 0..1: a random number of up to 1e-7 is added to each pixel, the same for every map of one size and one
    seed, so that equal values (of maps of 8 bits) stand in random order. NaN where nobody looked, or everywhere.
    """
    said_BN, fixated_BN = flat(predicted_BHW), fixated_BHW.reshape(len(fixated_BHW), -1) > 0
    count_B, pixels = fixated_BN.sum(1), said_BN.shape[1]
    said_BN = said_BN + _jitter(pixels, seed).to(said_BN.device)
    reached_BK, is_one_BK = _reached(said_BN, fixated_BN)
    place_BK = is_one_BK.flip(1).cumsum(1).flip(1)  # the highest fixated value is number 1
    others_B = (pixels - count_B).clamp(min=1)
    alarms_BK = torch.where(is_one_BK, (reached_BK - place_BK).double() / others_B.unsqueeze(1), 0.0)
    # The trapezoids from (0, 0) over (alarms, i / n) to (1, 1), summed by parts.
    fixated_B = count_B.clamp(min=1)
    area_B = 1.0 - alarms_BK.sum(1) / fixated_B + alarms_BK.amax(1) / (2 * fixated_B)
    return defined(area_B, (count_B > 0) & (count_B < pixels))


def _reached(said_BN: Tensor, fixated_BN: Tensor) -> tuple[Tensor, Tensor]:
    """How many pixels reach the value of each fixated one, lowest first, and where there is one, both (B, K)."""
    count_B = fixated_BN.sum(1)
    most = max(int(count_B.max()), 1)
    value_BK = (
        torch.where(fixated_BN, said_BN, torch.inf).topk(most, dim=1, largest=False, sorted=True).values
    )
    is_one_BK = torch.arange(most, device=said_BN.device) < count_B.unsqueeze(1)
    below_BN = torch.searchsorted(value_BK, said_BN, right=True)
    cell_BN = below_BN + torch.arange(len(said_BN), device=said_BN.device).unsqueeze(1) * (most + 1)
    found = torch.bincount(cell_BN.flatten(), minlength=len(said_BN) * (most + 1)).view(-1, most + 1)
    return found.flip(1).cumsum(1).flip(1)[:, 1:], is_one_BK


@lru_cache(maxsize=4)
def _jitter(pixels: int, seed: int) -> Tensor:
    return torch.rand(pixels, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * JITTER
