"""What readers make of samples that people looked at, before anything is decided about them.

Shape suffixes: K fixations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.clips.rows import Given, Stretch
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.labelled.rows import Handed

TASK = "saliency"
PICTURES, VIDEOS = "gaze", "gaze_video"
KINDS = (PICTURES, VIDEOS)
MOST_FIXATIONS = 50_000_000
Unit = Literal["seconds", "frames"]


@dataclass(frozen=True)
class Listed:
    """Fixations of one sample as a table lists them; times of videos are seconds or frames."""

    points_K2: NDArray[np.float64]
    viewers_K: NDArray[np.int32]
    start_K: NDArray[np.float64]
    stop_K: NDArray[np.float64]
    unit: Unit = "seconds"


Files = tuple[Path | Stretch | None, ...]
"""Files of pictures, or where they lie in one, frame by frame, None for a frame without; of a picture one."""


@dataclass(frozen=True)
class Looked:
    """What is given of where people looked at one sample: a list, pictures of the pixels, pictures of a density."""

    listed: Listed | None = None
    points: Files = ()
    maps: Files = ()


@dataclass(frozen=True, kw_only=True)
class HandedGaze(Handed):
    """Rows of samples, and by place what people saw and where they looked.

    Either `store` has pictures, or `given` says where videos lie.
    """

    store: ImageStore | None = None
    given: Sequence[Given] = ()
    looked: Sequence[Looked] = ()

    @property
    def kind(self) -> str:
        """What samples are: "gaze" or "gaze_video"."""
        return PICTURES if self.store is not None else VIDEOS
