"""How others count, under their names, for reading published tables; nothing is chosen or compared by these.

Shape suffixes: N samples, K predicted windows, M true windows of all samples one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mtkd_engine.tasks.grounding.metrics.overlap import Numbers, Truths, Windows, iou, limits_of, truths_of
from mtkd_engine.tasks.grounding.metrics.ranked import WITHIN, Ranked, rank
from mtkd_engine.tasks.grounding.metrics.single import THRESHOLDS

BEST_OF = 3


def compatible(
    windows: ArrayLike,
    truths: Sequence[Windows],
    durations: ArrayLike,
    clips: ArrayLike,
    *,
    scores: ArrayLike | None = None,
) -> dict[str, dict[str, float]]:
    """This will measure as others do: {"snapped": {...}, "2d-tan": {...}}, all in 0..1.

    `windows` in seconds are (N, 2) or (N, K, 2), best first or with `scores` (N, K), which are -inf where there is
    none; `clips` is the number of clips in each sample's grid, or one for all.

    `snapped` (SeqPAN, EMET, KD_VMR, HUAL): every true window is replaced by the window of whole clips that it
    overlaps most, then R1 (>=) and mIoU of the best window.
    `2d-tan` (2D-TAN, CCA, BAN-APR): an overlap must be *more* than the threshold; R1, and R5 after suppression
    where there are several windows; `miou` is the mean of the best three overlaps among the five, as the expression
    reads, and `miou_first` that of the best window alone, which is what it comes to in the released code, where each
    row holds one window. Departure: near repeats are those beyond our NMS_IOU, where each repository sets its own.
    Of several true windows the best match counts, as everywhere. Raises ValueError for shapes that do not fit.
    """
    limits_N = limits_of(durations, len(truths))
    true, ranked = truths_of(truths, limits_N), _ranked(windows, scores, limits_N)
    clips_N = np.broadcast_to(np.asarray(clips, np.int64), limits_N.shape)
    counts_N = true.counts_N
    near_M2 = snap(true.flat_M2, clips=np.repeat(clips_N, counts_N), durations=np.repeat(limits_N, counts_N))
    return {
        "snapped": _recalls(Truths(near_M2, counts_N).best(ranked.windows_NK2[:, 0]), strict=False),
        "2d-tan": _strict(ranked.unlike().first(WITHIN), true),
    }


def snap(windows_M2: Numbers, *, clips: ArrayLike, durations: ArrayLike) -> Numbers:
    """This will give the window of whole clips that overlaps each of these most, (M, 2) seconds; first of equals."""
    clip_M = np.asarray(durations, np.float64) / np.asarray(clips, np.float64)
    most_M1 = np.asarray(clips, np.float64)[:, None]
    low_M2 = np.clip(np.floor(windows_M2 / clip_M[:, None]), 0.0, most_M1)
    high_M2 = np.clip(np.ceil(windows_M2 / clip_M[:, None]), 0.0, most_M1)
    # Beyond the clips at its ends a window only loses: moving out adds to the union, moving in takes what is shared.
    pairs = [(start[:, 0], end[:, 1]) for start in (low_M2, high_M2) for end in (low_M2, high_M2)]
    candidates_M42 = np.stack([np.stack(pair, axis=1) for pair in pairs], axis=1) * clip_M[:, None, None]
    chosen_M = iou(candidates_M42, windows_M2[:, None]).argmax(1)
    snapped_M2: Numbers = candidates_M42[np.arange(len(chosen_M)), chosen_M]
    return snapped_M2


def _ranked(windows: ArrayLike, scores: ArrayLike | None, limits_N: Numbers) -> Ranked:
    given = np.asarray(windows, np.float64)
    if given.ndim == 2:
        given = given[:, None]
    return rank(given, np.zeros(given.shape[:-1]) if scores is None else scores, limits_N)


def _strict(kept: Ranked, true: Truths) -> dict[str, float]:
    rounds = [
        np.where(kept.there_NK[:, place], true.best(kept.windows_NK2[:, place]), 0.0)
        for place in range(kept.there_NK.shape[1])
    ]
    overlaps_NK = np.stack(rounds, axis=1)
    values = _recalls(overlaps_NK[:, 0], strict=True)
    if overlaps_NK.shape[1] > 1:
        values |= _recalls(overlaps_NK.max(1), strict=True, within=WITHIN)
    there_N = np.clip(kept.there_NK.sum(1), 1, BEST_OF)
    best_NK = np.sort(overlaps_NK, axis=1)[:, ::-1][:, :BEST_OF]
    best_N = (best_NK * (np.arange(best_NK.shape[1]) < there_N[:, None])).sum(1) / there_N
    return values | {"miou": float(best_N.mean()), "miou_first": float(overlaps_NK[:, 0].mean())}


def _recalls(overlaps_N: Numbers, *, strict: bool, within: int = 1) -> dict[str, float]:
    hit = np.greater if strict else np.greater_equal
    values = {f"r{within}@{least}": float(hit(overlaps_N, least).mean()) for least in THRESHOLDS}
    return values | ({"miou": float(overlaps_N.mean())} if within == 1 else {})
