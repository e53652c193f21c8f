"""One window per sample: R1 and mean IoU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mtkd_engine.tasks.grounding.metrics.overlap import Numbers, Windows, limits_of, truths_of

THRESHOLDS = (0.3, 0.5, 0.7)


def evaluate(
    windows: ArrayLike, truths: Sequence[Windows], *, durations: ArrayLike | None = None
) -> tuple[dict[str, float], Numbers]:
    """This will measure one predicted window per sample against all true windows of that sample.

    Gives {"r1@0.3", "r1@0.5", "r1@0.7", "miou"} in 0..1 and each sample's IoU with the true window it matches
    best. With `durations`, windows on both sides are cut at the end of the video. Raises ValueError when the
    numbers of windows and truths differ, or for none.
    """
    predicted = np.asarray(windows, np.float64).reshape(-1, 2)
    if len(predicted) != len(truths) or not len(truths):
        raise ValueError(
            f"windows: given {len(predicted)} for {len(truths)} samples, accepted is one for each."
        )
    limits_N = limits_of(durations, len(predicted))
    overlaps = truths_of(truths, limits_N).best(np.minimum(predicted, limits_N[:, None]))
    metrics = {f"r1@{threshold}": float((overlaps >= threshold).mean()) for threshold in THRESHOLDS}
    return metrics | {"miou": float(overlaps.mean())}, overlaps
