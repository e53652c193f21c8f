"""How good predicted saliency maps are, by the definitions of the DHF1K benchmark and its MATLAB code.

Every function takes B maps at once and gives one float64 number for each, NaN where it is not defined: nobody looked,
or nothing was drawn. A prediction that is the same everywhere knows nothing: NSS and CC 0, both AUC about 0.5.

Shape suffixes: B maps, H and W pixels.
"""

from mtkd_engine.tasks.saliency.metrics.auc_j import auc_j
from mtkd_engine.tasks.saliency.metrics.cc import cc
from mtkd_engine.tasks.saliency.metrics.consistency import temporal_consistency
from mtkd_engine.tasks.saliency.metrics.kld import kld
from mtkd_engine.tasks.saliency.metrics.nss import nss
from mtkd_engine.tasks.saliency.metrics.s_auc import s_auc
from mtkd_engine.tasks.saliency.metrics.sim import sim

__all__ = ["auc_j", "cc", "kld", "nss", "s_auc", "sim", "temporal_consistency"]
