"""Is the student better than what it is held against? Paired over the sources of test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.comparing import paired
from mtkd_engine.tasks.grounding.batches import Quality
from mtkd_engine.tasks.grounding.metrics import THRESHOLDS

ByMetric = dict[str, NDArray[np.float64]]
"""Of each metric the value of every sample."""
Compared = dict[str, dict[str, dict[str, float]]]


def compare(student: Quality, baselines: Mapping[str, Quality], *, sources: Sequence[str]) -> Compared:
    """This will give {baseline: {metric: {"difference", "low", "high"}}} of the student against each, in 0..1.

    Differences are student minus baseline, with 95 % intervals of a bootstrap over sources; one seed says nothing
    about other seeds.
    """
    others = {name: _by_metric(quality.iou_N) for name, quality in baselines.items()}
    return differences(_by_metric(student.iou_N), others, sources=sources)


def differences(own: ByMetric, others: Mapping[str, ByMetric], *, sources: Sequence[str]) -> Compared:
    """This will give by name and metric the mean of own less other values, with 95 % intervals over sources."""
    _, places_N = np.unique(np.asarray(sources), return_inverse=True)
    return {
        name: {metric: _difference(own[metric], values_N, places_N) for metric, values_N in other.items()}
        for name, other in others.items()
    }


def _by_metric(iou_N: NDArray[np.float64]) -> ByMetric:
    recalls = {f"r1@{least}": (iou_N >= least).astype(np.float64) for least in THRESHOLDS}
    return {**recalls, "miou": iou_N}


def _difference(
    own_N: NDArray[np.float64], other_N: NDArray[np.float64], places_N: NDArray[np.int64]
) -> dict[str, float]:
    found = paired(own_N, other_N, places_N)
    return {
        "difference": round(found.mean, 6),
        "low": round(found.low, 6),
        "high": round(found.high, 6),
    }
