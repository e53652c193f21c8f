"""Small pictures of features: what a person sees of a video that has no film."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.features import Features

ROWS = 16
BINS = 96
_SAMPLED = 2000  # videos that the scale of a dataset is taken from
_PERCENTILES = (2.0, 98.0)


def write_strips(features: Features, target: Path, *, videos: Sequence[str]) -> None:
    """This will write a uint8 (V, 16, 96) .npy: groups of neighbouring feature columns over bins of time.

    Each row is scaled between the 2nd and the 98th percentile of its values in the whole dataset.
    """
    strips_VRB = np.zeros((len(videos), ROWS, BINS), np.float32)
    for place, video_id in enumerate(videos):
        strips_VRB[place] = strip(features.load(video_id))
    every = max(1, -(-len(videos) // _SAMPLED))
    sample_VRB = strips_VRB[::every].astype(np.float64)
    low_R1, high_R1 = np.percentile(sample_VRB, _PERCENTILES, axis=(0, 2))[..., None]
    pixels_VRB = np.zeros(strips_VRB.shape, np.uint8)
    for place, strip_RB in enumerate(strips_VRB):  # one at a time: no second copy of all of them
        share_RB = (strip_RB - low_R1) / np.maximum(high_R1 - low_R1, np.finfo(np.float32).tiny)
        pixels_VRB[place] = np.rint(255 * share_RB.clip(0, 1))
    partial = target.with_name(f".{target.name}.partial")
    with partial.open("wb") as stream:
        np.save(stream, pixels_VRB, allow_pickle=False)
    partial.replace(target)


def strip(values_TD: NDArray[np.float32]) -> NDArray[np.float64]:
    """This will average (T, D) features down, or repeat them up, to (16, 96): column groups by time."""
    return _binned(_binned(values_TD.T, ROWS).T, BINS).T


def _binned(values_NM: NDArray[np.floating], bins: int) -> NDArray[np.float64]:
    starts = np.arange(bins) * len(values_NM) // bins
    # Where several bins start at the same row, each gets that row alone.
    sums: NDArray[np.float64] = np.add.reduceat(values_NM, starts, axis=0, dtype=np.float64)
    counts = np.maximum(1, np.diff(starts, append=len(values_NM)))
    return sums / counts[:, None]
