"""Labelled clips: as streams of videos, or as features of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.clips.rows import CLIPS, FEATURES
from mtkd_engine.data.labelled import LabelledDataset


class Clips(Protocol):
    """The streams of a dataset, on disk until they are asked for."""

    def stream(self, place: int) -> bytes:
        """This will give the MPEG-4 stream of one clip, as `mtkd_engine.data.video` wrote it."""
        ...

    def frames(self, place: int) -> int:
        """This will give the number of frames of one clip."""
        ...

    def gops(self, place: int) -> tuple[int, ...]:
        """This will give the first frame of each group of pictures of one clip."""
        ...

    def grid(self, place: int) -> NDArray[np.int8]:
        """This will give the motion vectors of one clip in pixels, (frames, 32, 43, 2), zeros on I-frames."""
        ...


class Features(Protocol):
    """The features of a dataset, on disk until they are asked for."""

    @property
    def width(self) -> int:
        """Columns D of every clip."""
        ...

    @property
    def longest(self) -> int:
        """Rows T of the longest clip."""
        ...

    def length(self, place: int) -> int:
        """This will give how many rows one clip has."""
        ...

    def row(self, place: int) -> NDArray[np.floating]:
        """This will give the features of one clip as they are kept, (its own T, D), of 16 or 32 bits."""
        ...

    def rows(self, places: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """This will give the features (N, T, D), zeros after the last row of each, and how many rows each has, (N,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class ClipDataset(LabelledDataset):
    """A checked dataset of clips; the place of a sample is that of its stream."""

    clips: Clips
    kind: str = CLIPS


@dataclass(frozen=True, kw_only=True)
class FeatureDataset(LabelledDataset):
    """A checked dataset of features of clips; the place of a sample is that of its rows."""

    features: Features
    kind: str = FEATURES
