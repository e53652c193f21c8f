"""The features of one video, and the shorter pieces that a long one is looked at in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.features import FeatureFile, Features, open_features

LONGEST = 7 * 24 * 3600.0
MOST_PIECES = 2000


@dataclass(frozen=True)
class Video:
    """Feature rows (T, D) that cover `duration` seconds evenly; `start` is where they begin in a longer video."""

    rows_TD: NDArray[np.float32]
    duration: float
    start: float = 0.0

    def pieces(self, seconds: float) -> Iterator[Video]:
        """This will give windows of about `seconds`, each overlapping the next by half; the last ends with the video.

        One that is no longer than that is its own only piece. Raises DataError where they would be thousands.
        """
        rows = len(self.rows_TD)
        kept = max(1, min(rows, round(rows * seconds / self.duration)))
        stride = max(1, kept // 2)
        last = rows - kept
        if last / stride > MOST_PIECES:
            raise DataError(
                f"duration: given {self.duration:,.0f} s, which {seconds:g} s windows cover in {last // stride:,} "
                f"steps; up to {MOST_PIECES:,} are accepted."
            )
        for place in [*range(0, last, stride), last]:
            yield Video(
                rows_TD=self.rows_TD[place : place + kept],
                duration=self.duration * kept / rows,
                start=self.start + self.duration * place / rows,
            )


def read_video(
    path: Path, *, video: str | None = None, duration: float | None = None, fps: float | None = None
) -> Video:
    """This will read the features of one video: a .npy, or `video` of an .npz, HDF5 file or folder.

    `video` may be left out where there is one alone. Give `duration` in seconds, or `fps` in rows per second.
    Raises DataError with one sentence.
    """
    if not path.exists():
        raise DataError(f"features: given {path}, but nothing lies there.")
    features: Features = FeatureFile(path) if path.suffix.lower() == ".npy" else open_features(path)
    names = features.keys()
    if video is None:
        if len(names) > 1:
            examples = ", ".join(shown(name) for name in names[:3])
            raise DataError(
                f"video: given none, but {path.name} holds {len(names)} videos ({examples} ...); accepted is one of "
                "them by its name."
            )
        video = names[0]
    rows_TD = features.load(video)
    return Video(rows_TD, _seconds(len(rows_TD), duration=duration, fps=fps))


def _seconds(rows: int, *, duration: float | None, fps: float | None) -> float:
    if (duration is None) == (fps is None):
        raise DataError("duration: given both or neither of duration and fps, accepted is one of them.")
    for name, value in (("duration", duration), ("fps", fps)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise DataError(f"{name}: given {value:g}, accepted is a number above 0.")
    seconds = duration if duration is not None else rows / (fps or 1.0)
    if seconds > LONGEST:
        raise DataError(f"duration: given {seconds:,.0f} s, accepted are up to {LONGEST:,.0f}.")
    return seconds
