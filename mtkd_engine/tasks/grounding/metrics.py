"""The one evaluator of grounding: real time stamps, R1 at IoU >= 0.3, 0.5, 0.7 and mean IoU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

THRESHOLDS = (0.3, 0.5, 0.7)

Windows = Sequence[tuple[float, float]] | NDArray[np.float64]


def iou(windows: ArrayLike, truths: ArrayLike) -> NDArray[np.float64]:
    """This will give the IoU of windows (..., 2) with windows (..., 2) in seconds; 0 where the union is 0."""
    window, truth = np.asarray(windows, np.float64), np.asarray(truths, np.float64)
    shared = np.minimum(window[..., 1], truth[..., 1]) - np.maximum(window[..., 0], truth[..., 0])
    shared = np.maximum(shared, 0.0)
    lengths = np.maximum(window[..., 1] - window[..., 0], 0.0) + np.maximum(
        truth[..., 1] - truth[..., 0], 0.0
    )
    union = lengths - shared
    overlaps: NDArray[np.float64] = np.divide(shared, union, out=np.zeros_like(union), where=union > 0)
    return overlaps


def evaluate(
    windows: ArrayLike, truths: Sequence[Windows], *, durations: ArrayLike | None = None
) -> tuple[dict[str, float], NDArray[np.float64]]:
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
    limits = np.full(len(predicted), np.inf) if durations is None else np.asarray(durations, np.float64)
    overlaps = np.array(
        [
            iou(np.minimum(window, limit), np.minimum(np.asarray(truth, np.float64), limit)).max()
            for window, truth, limit in zip(predicted, truths, limits, strict=True)
        ]
    )
    metrics = {f"r1@{threshold}": float((overlaps >= threshold).mean()) for threshold in THRESHOLDS}
    return metrics | {"miou": float(overlaps.mean())}, overlaps
