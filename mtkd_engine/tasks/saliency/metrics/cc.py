"""CC: Pearson's correlation of a predicted map and a density.

Shape suffixes: B maps, H and W pixels, N pixels of a map.
"""

from __future__ import annotations

from torch import Tensor

from mtkd_engine.tasks.saliency.metrics.maps import defined, flat


def cc(predicted_BHW: Tensor, density_BHW: Tensor) -> Tensor:
    """This will give the correlation over all pixels, -1..1, (B,); neither scale nor offset of a map matters.

    0 where the prediction is the same everywhere, NaN where the density is.
    """
    said_BN, true_BN = (
        values - values.mean(1, keepdim=True) for values in (flat(predicted_BHW), flat(density_BHW))
    )
    is_told_B = flat(density_BHW).amax(1) > flat(density_BHW).amin(1)
    both_B = said_BN.square().sum(1).sqrt() * true_BN.square().sum(1).sqrt()
    is_flat_B = flat(predicted_BHW).amax(1) == flat(predicted_BHW).amin(1)
    shared_B = (said_BN * true_BN).sum(1).masked_fill(is_flat_B, 0.0)
    return defined(shared_B / both_B.masked_fill(is_flat_B | (both_B == 0), 1.0), is_told_B)
