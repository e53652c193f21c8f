"""KLD: how many nats a predicted map lacks of a density.

Shape suffixes: B maps, H and W pixels, N pixels of a map.
"""

from __future__ import annotations

from torch import Tensor

from mtkd_engine.tasks.saliency.metrics.maps import defined, flat, to_sum_1

EPSILON = 2.2204e-16
"""As the MATLAB code writes it."""


def kld(predicted_BHW: Tensor, density_BHW: Tensor) -> Tensor:
    """This will give the sum of G log(eps + G / (S + eps)) over pixels, each map divided by its sum, in nats, (B,).

    Maps must not be below 0. NaN where the density is 0 everywhere.
    """
    said_BN, density_BN = to_sum_1(flat(predicted_BHW)), flat(density_BHW)
    true_BN = to_sum_1(density_BN)
    nats_B = (true_BN * (EPSILON + true_BN / (said_BN + EPSILON)).log()).sum(1)
    return defined(nats_B, density_BN.amax(1) > 0)
