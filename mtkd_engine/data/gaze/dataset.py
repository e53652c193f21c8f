"""Pictures and videos with the places that people looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mtkd_engine.data.clips.store import ClipStore
from mtkd_engine.data.dense.dataset import DenseDataset
from mtkd_engine.data.dense.pictures import Pictures
from mtkd_engine.data.gaze.looks import Gaze
from mtkd_engine.data.gaze.rows import PICTURES, TASK, VIDEOS


@dataclass(frozen=True, kw_only=True)
class LookedAtDataset(DenseDataset):
    """A checked dataset; the place of a sample is that of what was seen and of where people looked."""

    gaze: Gaze
    task: str = TASK


@dataclass(frozen=True, kw_only=True)
class GazeDataset(LookedAtDataset):
    """Pictures and where people looked."""

    images: Pictures
    kind: str = PICTURES


@dataclass(frozen=True, kw_only=True)
class GazeVideoDataset(LookedAtDataset):
    """Videos, as streams of our own, and where people looked on each frame."""

    clips: ClipStore
    rates: Mapping[int, float]
    """Frames a second of the video at each place."""
    kind: str = VIDEOS
