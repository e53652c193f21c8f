"""How much windows share, and the true windows of many samples side by side.

Shape suffixes: N samples, M true windows of all samples one after the other, T of one sample at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]
Windows = Sequence[tuple[float, float]] | NDArray[np.float64]


def iou(windows: ArrayLike, truths: ArrayLike) -> Numbers:
    """This will give the IoU of windows (..., 2) with windows (..., 2) in seconds; 0 where the union is 0."""
    window, truth = np.asarray(windows, np.float64), np.asarray(truths, np.float64)
    shared = np.minimum(window[..., 1], truth[..., 1]) - np.maximum(window[..., 0], truth[..., 0])
    shared = np.maximum(shared, 0.0)
    lengths = np.maximum(window[..., 1] - window[..., 0], 0.0) + np.maximum(
        truth[..., 1] - truth[..., 0], 0.0
    )
    union = lengths - shared
    overlaps: Numbers = np.divide(shared, union, out=np.zeros_like(union), where=union > 0)
    return overlaps


def late_ends(windows: ArrayLike, durations: ArrayLike) -> int:
    """This will count the windows, (N, 2) or (N, K, 2) in seconds, that end after their video."""
    ends = np.asarray(windows, np.float64)[..., 1]
    limits = np.asarray(durations, np.float64).reshape(-1, *[1] * (ends.ndim - 1))
    return int((ends > limits).sum())


@dataclass(frozen=True)
class Truths:
    """The true windows of N samples, cut at the ends of their videos; `counts_N` of each, at least one."""

    flat_M2: Numbers
    counts_N: NDArray[np.int64]

    @property
    def begins_N(self) -> NDArray[np.int64]:
        """Where in `flat_M2` each sample begins."""
        return np.cumsum(self.counts_N) - self.counts_N

    def best(self, windows_N2: Numbers) -> Numbers:
        """This will give each sample's IoU with the true window that its one window matches best."""
        overlaps_M = iou(np.repeat(windows_N2, self.counts_N, axis=0), self.flat_M2)
        best_N: Numbers = np.maximum.reduceat(overlaps_M, self.begins_N)
        return best_N

    def padded(self, rows: slice) -> tuple[Numbers, Marks]:
        """This will give these samples' windows as (N, T, 2), and which of them are there, (N, T)."""
        counts_N, begins_N = self.counts_N[rows], self.begins_N[rows]
        place_T = np.arange(counts_N.max())
        there_NT = place_T < counts_N[:, None]
        index_NT = np.where(there_NT, begins_N[:, None] + place_T, begins_N[:, None])
        return self.flat_M2[index_NT], there_NT


def truths_of(truths: Sequence[Windows], limits_N: Numbers) -> Truths:
    """This will put true windows side by side, cut at `limits_N`; raises ValueError where a sample has none."""
    counts_N = np.fromiter((len(several) for several in truths), np.int64, len(truths))
    if not counts_N.all():
        empty = int(np.flatnonzero(counts_N == 0)[0])
        raise ValueError(f"truths: given no window for sample {empty}, accepted is one or more for each.")
    flat_M2 = np.array(list(chain.from_iterable(truths)), np.float64).reshape(-1, 2)
    return Truths(np.minimum(flat_M2, np.repeat(limits_N, counts_N)[:, None]), counts_N)


def limits_of(durations: ArrayLike | None, count: int) -> Numbers:
    """This will give the duration of each of `count` samples, infinity where none are known."""
    limits = np.full(count, np.inf) if durations is None else np.asarray(durations, np.float64)
    if limits.shape != (count,):
        raise ValueError(
            f"durations: given {len(np.atleast_1d(limits))} for {count} samples, accepted is one for each."
        )
    return limits
