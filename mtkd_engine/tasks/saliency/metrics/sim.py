"""SIM: what two maps have in common.

Shape suffixes: B maps, H and W pixels, N pixels of a map.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.tasks.saliency.metrics.maps import defined, flat, from_0_to_1, to_sum_1


def sim(predicted_BHW: Tensor, density_BHW: Tensor) -> Tensor:
    """This will give the sum over pixels of the lesser share, 0..1, (B,).

    As in MATLAB each map is stretched to 0..1 first and divided by its sum then, so that a floor under the prediction
    costs nothing. Ports that leave the first step out tell less: 0.29 instead of 0.57 on a map with a floor.
    """
    said_BN, true_BN = (to_sum_1(from_0_to_1(flat(maps_BHW))) for maps_BHW in (predicted_BHW, density_BHW))
    is_told_B = flat(density_BHW).amax(1) > flat(density_BHW).amin(1)
    return defined(torch.minimum(said_BN, true_BN).sum(1), is_told_B)
