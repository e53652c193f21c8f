"""s-AUC: how well a predicted map tells where people looked from where they look in other pictures.

What is common to all pictures, most of all their middle, is worth nothing here (Zhang et al. 2008).

Shape suffixes: B maps, H and W pixels, L thresholds, S splits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.tasks.saliency.metrics.maps import NOT_DEFINED, flat, from_0_to_1

SPLITS = 100
OTHERS = 10
"""Random pictures or frames whose fixations are taken together."""
STEP = 0.1
"""From one threshold to the next, 0 to 1; those above all values add nothing to the area, so that maps share them."""
Counts = NDArray[np.int64]


def s_auc(
    predicted_BHW: Tensor,
    fixated_BHW: Tensor,
    others_BHW: Tensor,
    *,
    seeds: Sequence[int],
    splits: int = SPLITS,
    step: float = STEP,
) -> Tensor:
    """This will give the area under the curve of hits over false alarms, 0..1, (B,), on the CPU.

    `fixated_BHW` is true where somebody looked, `others_BHW` where somebody did in other pictures of the dataset,
    brought to this size: both count a pixel once. False alarms are judged on as many of the others as there are
    fixated pixels, or on all where they are fewer, drawn anew for each of `splits` curves from the map's own seed;
    the mean of their areas is given. Thresholds are 0, `step`, ... 1. NaN where nobody looked in the picture or in
    the others.
    """
    thresholds_L = np.arange(round(1 / step) + 1) * step
    level_BN = np.digitize(from_0_to_1(flat(predicted_BHW)).cpu().numpy(), thresholds_L)
    fixated_BN, others_BN = (
        (maps_BHW.reshape(len(maps_BHW), -1) > 0).cpu().numpy() for maps_BHW in (fixated_BHW, others_BHW)
    )
    areas = [
        _area(level_N[hit_N], level_N[other_N], levels=len(thresholds_L) + 1, seed=seed, splits=splits)
        for level_N, hit_N, other_N, seed in zip(level_BN, fixated_BN, others_BN, seeds, strict=True)
    ]
    return torch.tensor(areas, dtype=torch.float64)


def _area(hits: Counts, others: Counts, *, levels: int, seed: int, splits: int) -> float:
    if not len(hits) or not len(others):
        return NOT_DEFINED
    drawn = min(len(hits), len(others))
    hit_L, other_L = (np.bincount(level, minlength=levels) for level in (hits, others))
    # Drawing points without replacement and counting their levels is one draw of this distribution.
    found_SL = np.random.default_rng(seed).multivariate_hypergeometric(other_L, drawn, size=splits)
    hits_1L, alarms_SL = _from_above(hit_L[None] / len(hits)), _from_above(found_SL / drawn)
    return float(np.trapezoid(np.broadcast_to(hits_1L, alarms_SL.shape), alarms_SL, axis=1).mean())


def _from_above(share_SL: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share that reaches each threshold, the highest first, from 0 to 1."""
    reached_SL = share_SL[:, ::-1].cumsum(1)[:, :-1]
    none_S1 = np.zeros((len(share_SL), 1))
    return np.concatenate([none_S1, reached_SL, none_S1 + 1.0], axis=1)
