"""One temperature per classifier, so that its scale never decides its weight.

Shape suffixes: N samples, C classes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.tasks.valley import golden_section

_SHARPEST, _FLATTEST = 0.05, 20.0
_ROWS = 8192


@torch.no_grad()
def fit_temperature(logits_NC: Tensor, labels_N: Tensor) -> float:
    """This will find the temperature under which the labels of held-out samples are likeliest (Guo et al. 2017).

    It lies between 0.05 and 20 times the spread (mean standard deviation over classes) of the logits, so that logits
    multiplied by c get exactly c times the temperature and the same Belief, and a classifier that is always right
    keeps a finite one. Logits that are all the same in every sample get 1. Raises ValueError without samples.
    """
    if not len(labels_N):
        raise ValueError("labels: given none, accepted is one or more")
    spread = float(logits_NC.double().std(dim=1, correction=0).mean())
    if not spread > 0.0:
        return 1.0

    def negative_log_likelihood(log_temperature: float) -> float:
        factor = 1.0 / (spread * math.exp(log_temperature))
        total = 0.0
        for logits_RC, labels_R in zip(
            torch.split(logits_NC, _ROWS), torch.split(labels_N, _ROWS), strict=True
        ):
            total += float(functional.cross_entropy(logits_RC.double() * factor, labels_R, reduction="sum"))
        return total

    # It is convex in the inverse temperature, so it has one valley.
    lowest = golden_section(negative_log_likelihood, math.log(_SHARPEST), math.log(_FLATTEST))
    return spread * math.exp(lowest)
