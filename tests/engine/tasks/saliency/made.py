"""Small datasets of gaze in memory, of pictures and of videos whose frames tell their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.data.clips.store import ClipStore
from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.data.dense.pictures import Pictures
from mtkd_engine.data.gaze.dataset import GazeDataset, GazeVideoDataset
from mtkd_engine.data.gaze.looks import Fixations, HeldGaze, fixations_of
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.tasks.dense import DenseBatch
from tests.engine.data.gaze.handing import png

SPLITS = ("train", "val", "test")
HEIGHT, WIDTH = 24, 32


class Drawn(ImageStore):
    """Pictures with a bright spot where people look."""

    def __init__(self, looks: Sequence[Fixations], sizes: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self._spots = [(float(one["x"].mean()), float(one["y"].mean())) for one in looks]
        self._sizes = sizes

    def __len__(self) -> int:
        return len(self._spots)

    def encoded(self, place: int) -> bytes:
        """This will draw one picture."""
        height, width = self._sizes[place]
        rows, columns = np.mgrid[:height, :width]
        x, y = self._spots[place]
        bright = 200 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * (width / 10) ** 2))
        return png(np.repeat(bright.astype(np.uint8)[:, :, None], 3, axis=2))


class Counted(ClipStore):
    """Videos as the number of their frames; `stream` tells the place."""

    def __init__(self, frames: Sequence[int]) -> None:
        self._frames = frames

    def __len__(self) -> int:
        return len(self._frames)

    def stream(self, place: int) -> bytes:
        """This will give what stands for a stream."""
        return f"{place}".encode()

    def frames(self, place: int) -> int:
        """This will give the number of frames."""
        return self._frames[place]

    def gops(self, place: int) -> tuple[int, ...]:
        """This will give the first frames of groups."""
        return tuple(range(0, self._frames[place], 12))

    def grid(self, place: int) -> NDArray[np.int8]:
        """This will give no motion."""
        return np.zeros((self._frames[place], 32, 43, 2), np.int8)


def pretended_frames(stream: bytes, frames: Sequence[int]) -> NDArray[np.uint8]:
    """This will give frames (T, 8, 8, 3) of such a stream whose values are place and number."""
    made = np.zeros((len(frames), 8, 8, 3), np.uint8)
    made[..., 0] = int(stream)
    made[..., 1] = np.array(frames)[:, None, None]
    return made


def gaze_pictures(
    per_split: int = 4, *, sizes: Sequence[tuple[int, int]] = ((HEIGHT, WIDTH),)
) -> GazeDataset:
    """This will make pictures with ten fixations around one place each."""
    count = per_split * len(SPLITS)
    of = [sizes[place % len(sizes)] for place in range(count)]
    looks = [_around(place, of[place], first=0, stop=1) for place in range(count)]
    splits = {
        split: tuple(
            DenseSample(f"{split}/{row}", f"{split}/{row}", number * per_split + row)
            for row in range(per_split)
        )
        for number, split in enumerate(SPLITS)
    }
    gaze = HeldGaze(looks, frames=of, maps=[()] * count)
    images = Pictures(Drawn(looks, of))
    return GazeDataset(name="pictures", splits=splits, content_hash="p" * 64, gaze=gaze, images=images)


def gaze_videos(frames: Sequence[int] = (20, 13, 3), *, rate: float = 10.0) -> GazeVideoDataset:
    """This will make one video of so many frames for each split; people look elsewhere in every second frame."""
    looks = [
        np.concatenate(
            [
                _around(10 * place + at, (HEIGHT, WIDTH), first=at, stop=min(at + 2, count))
                for at in range(0, count, 2)
            ]
        )
        for place, count in enumerate(frames)
    ]
    splits = {
        split: (DenseSample(f"film{place}", f"film{place}", place),) for place, split in enumerate(SPLITS)
    }
    return GazeVideoDataset(
        name="videos",
        splits=splits,
        content_hash="v" * 64,
        gaze=HeldGaze(looks, frames=[(HEIGHT, WIDTH)] * len(frames), maps=[()] * len(frames)),
        clips=Counted(frames),
        rates=dict.fromkeys(range(len(frames)), rate),
    )


def the_truth(batch: DenseBatch) -> Tensor:
    """This will say what is true."""
    return (batch.truth + 1e-12).log()


def the_same(batch: DenseBatch) -> Tensor:
    """This will say the same of every pixel."""
    return torch.zeros_like(batch.truth) - float(np.log(batch.truth[0].numel()))


def _around(seed: int, size: tuple[int, int], *, first: int, stop: int) -> Fixations:
    random = np.random.default_rng(seed)
    middle = random.uniform(0.2, 0.8, 2) * (size[1], size[0])
    points_K2 = np.clip(middle + random.normal(0, 1.5, (10, 2)), 0, (size[1] - 1, size[0] - 1))
    times_K = np.full(10, first), np.full(10, stop)
    return fixations_of(points_K2, viewers_K=np.arange(10) % 3, first_K=times_K[0], stop_K=times_K[1])
