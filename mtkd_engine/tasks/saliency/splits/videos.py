"""A split of videos that people looked at, as batches of windows of frames.

A window is a sample of its own: `video@first`, the number of its first frame in the video. Frames are decoded once and
read from a memory map afterwards, where the disk has room for all.

Shape suffixes: B samples of a batch, T frames of a window, H and W pixels, C channels (3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.data.gaze.dataset import GazeVideoDataset
from mtkd_engine.data.kept import KeptRows
from mtkd_engine.data.video.streams import decoded
from mtkd_engine.spec.dense.views import DenseAugmentSpec
from mtkd_engine.tasks.classification.draws import Whole, key_of
from mtkd_engine.tasks.dense.views import Bytes
from mtkd_engine.tasks.saliency.splits.base import LookedAtSplit, Shown
from mtkd_engine.tasks.saliency.truth import Truths
from mtkd_engine.tasks.saliency.windows import sampled, starts_of

_AT_ONCE = 4
"""Windows of a batch of evaluation."""


@dataclass(frozen=True)
class Film:
    """A video of the split: its frames that are seen, its windows, and where both begin among those of all videos."""

    video: DenseSample
    frames: range
    starts: tuple[int, ...]
    """The first frame of each window, counted in the frames that are seen."""
    first_row: int
    first_frame: int


class GazeVideoSplit(LookedAtSplit):
    """Windows of frames (B, T, 3, H, W) and the density of where people looked at each frame, (B, T, H, W).

    A video that has fewer frames than a window shows its last one again.
    """

    def __init__(
        self,
        dataset: GazeVideoDataset,
        name: str,
        *,
        height: int,
        width: int,
        protocol: str,
        frames: int,
        stride: int,
        rate: float,
        augment: DenseAugmentSpec | None = None,
        device: torch.device | str = "cpu",
        videos: int | None = None,
        keep: Path | None = None,
    ) -> None:
        """This will cut the videos of a split, or its first `videos`, into windows of `frames` at `rate` a second.

        `keep` is a folder where decoded frames are left for others once all are there.
        """
        self.films = films_of(dataset, dataset.splits[name][:videos], length=frames, stride=stride, rate=rate)
        super().__init__(
            [window for film in self.films for window in windows_of(film)],
            name=name,
            height=height,
            width=width,
            augment=augment,
            device=device,
            evaluation_batch=_AT_ONCE,
        )
        self.truths = Truths(dataset.gaze, protocol)
        self.length = frames
        self._clips = dataset.clips
        self._all = partial(_all_films, dataset, length=frames, stride=stride, rate=rate)
        self._films = [film for film in self.films for _ in film.starts]
        file = f"{_key(self.films, dataset)}-{name}-{height}x{width}.npy"
        self._keep = None if keep is None else keep / file
        self._kept: KeptRows | None = None
        self._is_opened = False
        self._one_at_a_time = Lock()

    def shown(self) -> list[Shown]:
        """This will give all frames of all videos that are seen, in their order."""
        return _shown(self.films)

    def _pool(self) -> list[Shown]:
        return [one for films in self._all() for one in _shown(films)]

    def frames_of(self, row: int) -> list[int]:
        """This will give the frames of a window, counted in the frames of its video that are seen."""
        film = self._films[row]
        start = film.starts[row - film.first_row]
        return [min(start + step, len(film.frames) - 1) for step in range(self.length)]

    def _seen(self, rows_B: Whole) -> Bytes:
        with self._one_at_a_time:
            return np.stack([self._window(int(row)) for row in rows_B])

    def _truth(self, rows_B: Whole) -> NDArray[Any]:
        return np.stack([self._densities(int(row)) for row in rows_B])

    def _densities(self, row: int) -> NDArray[np.float32]:
        film = self._films[row]
        found = {
            step: self.truths.density(
                film.video.place, film.frames[step], height=self.height, width=self.width
            )
            for step in set(self.frames_of(row))
        }
        return np.stack([found[step] for step in self.frames_of(row)])

    def _window(self, row: int) -> Bytes:
        film, steps_T = self._films[row], np.array(self.frames_of(row), np.int64)
        if not self._is_opened:
            last = self.films[-1]
            count = last.first_frame + len(last.frames)
            self._kept = KeptRows.opened(count, (self.height, self.width, 3), target=self._keep)
            self._is_opened = True
        if self._kept is None:
            distinct, places_T = np.unique(steps_T, return_inverse=True)
            return self._decoded(film, distinct)[places_T]
        at_T = film.first_frame + steps_T
        missing = self._kept.missing(at_T)
        if len(missing):
            self._kept.put(missing, self._decoded(film, missing - film.first_frame))
        return np.asarray(self._kept.rows_N)[at_T]

    def _decoded(self, film: Film, steps: NDArray[np.int64]) -> Bytes:
        numbers = [film.frames[int(step)] for step in steps]
        frames_THWC = decoded(self._clips.stream(film.video.place), numbers)
        return np.stack([self._resized(frame_HWC) for frame_HWC in frames_THWC])

    def _resized(self, frame_HWC: Bytes) -> Bytes:
        size = self.width, self.height
        return np.asarray(Image.fromarray(frame_HWC).resize(size, Image.Resampling.BILINEAR))


def films_of(
    dataset: GazeVideoDataset, videos: Sequence[DenseSample], *, length: int, stride: int, rate: float
) -> list[Film]:
    """This will cut videos into windows, in their order."""
    frames = [
        sampled(dataset.clips.frames(video.place), rate=dataset.rates[video.place], wanted=rate)
        for video in videos
    ]
    starts = [tuple(starts_of(len(seen), length=length, stride=stride)) for seen in frames]
    first_rows = [0, *accumulate(len(several) for several in starts)]
    first_frames = [0, *accumulate(len(seen) for seen in frames)]
    return [
        Film(video, frames[place], starts[place], first_rows[place], first_frames[place])
        for place, video in enumerate(videos)
    ]


def windows_of(film: Film) -> list[DenseSample]:
    """This will give the windows of a video as samples; their source is that of the video."""
    return [
        DenseSample(f"{film.video.sample_id}@{film.frames[start]}", film.video.source_id, film.video.place)
        for start in film.starts
    ]


def _all_films(dataset: GazeVideoDataset, *, length: int, stride: int, rate: float) -> list[list[Film]]:
    return [
        films_of(dataset, videos, length=length, stride=stride, rate=rate)
        for videos in dataset.splits.values()
    ]


def _shown(films: Sequence[Film]) -> list[Shown]:
    return [
        Shown(film.video.place, frame, film.video.source_id, f"{film.video.sample_id}@{frame}")
        for film in films
        for frame in film.frames
    ]


def _key(films: Sequence[Film], dataset: GazeVideoDataset) -> str:
    told = [(film.video.sample_id, film.frames.step, len(film.frames)) for film in films]
    return f"frames-{key_of(f'{dataset.whole_hash}{told}'):016x}"
