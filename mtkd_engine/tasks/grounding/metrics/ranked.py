"""Several scored windows per sample: R5 after suppression of near repeats, and mAP over all true windows.

Shape suffixes: N samples, K predicted windows, T true windows, H thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mtkd_engine.tasks.grounding.metrics.overlap import (
    Marks,
    Numbers,
    Truths,
    Windows,
    iou,
    limits_of,
    truths_of,
)
from mtkd_engine.tasks.grounding.metrics.single import THRESHOLDS

NMS_IOU = 0.5
"""A window that overlaps a better one by more than this is a repeat of it."""

NEAR = 1.0e-9
"""IoU is not exact: windows of whole clips that overlap by one half must not fall on either side of it."""

WITHIN = 5
MAP_THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
MAP_WINDOWS = 10
_TOGETHER = 4096


@dataclass(frozen=True)
class Ranked:
    """Predicted windows (N, K, 2) in seconds, best first, and which of them are there (N, K)."""

    windows_NK2: Numbers
    there_NK: Marks

    def __len__(self) -> int:
        return len(self.windows_NK2)

    def unlike(self) -> Ranked:
        """This will leave out every window that overlaps a better one that stays by more than NMS_IOU."""
        kept_NK = self.there_NK.copy()
        for place in range(kept_NK.shape[1] - 1):
            later_NK2 = self.windows_NK2[:, place + 1 :]
            repeats_NK = iou(self.windows_NK2[:, place : place + 1], later_NK2) > NMS_IOU + NEAR
            kept_NK[:, place + 1 :] &= ~(repeats_NK & kept_NK[:, place : place + 1])
        order_NK = np.argsort(~kept_NK, axis=1, kind="stable")
        windows_NK2 = np.take_along_axis(self.windows_NK2, order_NK[..., None], axis=1)
        return Ranked(windows_NK2, np.take_along_axis(kept_NK, order_NK, axis=1))

    def first(self, count: int) -> Ranked:
        """This will keep the best `count` of each sample."""
        return Ranked(self.windows_NK2[:, :count], self.there_NK[:, :count])


def rank(windows_NK2: ArrayLike, scores_NK: ArrayLike, limits_N: Numbers) -> Ranked:
    """This will sort windows by score, the first listed of equals first, and cut them at the ends of the videos."""
    windows, scores = np.asarray(windows_NK2, np.float64), np.asarray(scores_NK, np.float64)
    if windows.ndim != 3 or windows.shape != (*scores.shape, 2) or len(windows) != len(limits_N):
        raise ValueError(
            f"windows_NK2: given shapes {windows.shape} and {scores.shape} for {len(limits_N)} samples, accepted "
            "are (samples, windows, 2) and (samples, windows)."
        )
    there_NK = scores > -np.inf  # NaN is not
    order_NK = np.argsort(-np.where(there_NK, scores, -np.inf), axis=1, kind="stable")
    windows = np.take_along_axis(windows, order_NK[..., None], axis=1)
    windows = np.where(np.isfinite(windows), windows, 0.0)  # what stands in for a missing window
    return Ranked(
        np.minimum(windows, limits_N[:, None, None]), np.take_along_axis(there_NK, order_NK, axis=1)
    )


def evaluate_ranked(
    windows_NK2: ArrayLike,
    scores_NK: ArrayLike,
    truths: Sequence[Windows],
    durations: ArrayLike | None = None,
) -> dict[str, float]:
    """This will measure scored windows against all true windows: {"r5@0.3", ..., "map@0.5", "map@0.75", "map"}.

    A score of -inf or NaN says that there is no window; scores may have any other scale. R5: any of the best five,
    windows left out that overlap a better one by more than NMS_IOU, reaches the threshold with any true window.
    mAP (Lei et al., NeurIPS 2021, QVHighlights): the average precision of each sample's best ten windows, without
    suppression, each matched in the order of scores to the free true window it overlaps most, precision
    interpolated; the mean over samples, and for `map` over the thresholds 0.5, 0.55, ..., 0.95. Departure: windows
    are cut at the duration, as everywhere here. Raises ValueError with a sentence for shapes that do not fit.
    """
    if not len(truths):
        raise ValueError("truths: given none, accepted is one sample or more.")
    limits_N = limits_of(durations, len(truths))
    ranked, true = rank(windows_NK2, scores_NK, limits_N), truths_of(truths, limits_N)
    reached_N = np.concatenate(
        [part.max(axis=(1, 2), initial=0.0) for part in _unlike_overlaps(ranked, true)]
    )
    precision_NH = np.concatenate(
        [
            _average_precision(overlaps_NKT, true.counts_N[rows])
            for rows, overlaps_NKT in _overlaps(ranked.first(MAP_WINDOWS), true)
        ]
    )
    precision_H = precision_NH.mean(0)
    values = {f"r{WITHIN}@{threshold}": float((reached_N >= threshold).mean()) for threshold in THRESHOLDS}
    values |= {f"map@{least}": float(precision_H[MAP_THRESHOLDS.index(least)]) for least in (0.5, 0.75)}
    return values | {"map": float(precision_H.mean())}


def _unlike_overlaps(ranked: Ranked, true: Truths) -> Iterator[Numbers]:
    return (overlaps_NKT for _, overlaps_NKT in _overlaps(ranked.unlike().first(WITHIN), true))


def _overlaps(ranked: Ranked, true: Truths) -> Iterator[tuple[slice, Numbers]]:
    """IoU of all pairs, (N, K, T), 0 where either is not there; so many samples at a time as memory is cheap for."""
    for begin in range(0, len(ranked), _TOGETHER):
        rows = slice(begin, begin + _TOGETHER)
        truths_NT2, there_NT = true.padded(rows)
        overlaps_NKT = iou(ranked.windows_NK2[rows, :, None], truths_NT2[:, None])
        yield rows, overlaps_NKT * (ranked.there_NK[rows, :, None] & there_NT[:, None])


def _average_precision(overlaps_NKT: Numbers, counts_N: NDArray[np.int64]) -> Numbers:
    """Average precision of each sample at each threshold, (N, H)."""
    hits_NKH = _hits(overlaps_NKT)
    rank_K1 = np.arange(1, hits_NKH.shape[1] + 1)[:, None]
    precision_NKH = np.cumsum(hits_NKH, axis=1) / rank_K1
    # Interpolated: at each recall, the best precision at that recall or a higher one.
    highest_NKH = np.maximum.accumulate(precision_NKH[:, ::-1], axis=1)[:, ::-1]
    average_NH: Numbers = (hits_NKH * highest_NKH).sum(1) / counts_N[:, None]
    return average_NH


def _hits(overlaps_NKT: Numbers) -> Marks:
    """Which windows found a true window that no better one had taken, at each threshold, (N, K, H)."""
    samples, windows, truths = overlaps_NKT.shape
    least_H1 = np.array(MAP_THRESHOLDS)[:, None]
    free_NHT = np.ones((samples, len(MAP_THRESHOLDS), truths), bool)
    hits_NKH = np.zeros((samples, windows, len(MAP_THRESHOLDS)), bool)
    for place in range(windows):
        overlap_N1T = overlaps_NKT[:, None, place]
        near_NHT = np.where(free_NHT & (overlap_N1T >= least_H1), overlap_N1T, 0.0)
        chosen_NH1 = near_NHT.argmax(2)[..., None]
        hits_NKH[:, place] = near_NHT.max(2) > 0.0
        still_NH1 = np.take_along_axis(free_NHT, chosen_NH1, axis=2) & ~hits_NKH[:, place, :, None]
        np.put_along_axis(free_NHT, chosen_NH1, still_NH1, axis=2)
    return hits_NKH
