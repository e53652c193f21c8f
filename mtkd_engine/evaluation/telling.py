"""What is said of weights while a job runs.

Shape suffixes: N samples of validation, T teachers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from mtkd_engine.events import Weights


def weights_told(
    weights_NT: Tensor, *, teachers: Sequence[str], probe_rows: Sequence[int], step: int
) -> Weights:
    """This will tell each teacher's mean weight, its weights on the probes, and how evenly all are shared."""
    return Weights(
        step=step,
        teachers=list(teachers),
        mean=[round(float(w), 6) for w in weights_NT.mean(0)],
        probe=[[round(float(w), 5) for w in weights_NT[row]] for row in probe_rows],
        entropy=round(normalised_entropy(weights_NT), 6),
    )


def normalised_entropy(weights_NT: Tensor) -> float:
    """This will give the mean entropy of the rows divided by log T: 1 is uniform; one teacher counts as 1."""
    teachers = weights_NT.shape[-1]
    if teachers < 2:
        return 1.0
    return float(torch.special.entr(weights_NT).sum(-1).mean()) / math.log(teachers)
