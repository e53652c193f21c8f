"""The splits of a dataset that people looked at, as a job sees them."""

from __future__ import annotations

from pathlib import Path

import torch

from mtkd_engine.data.gaze.dataset import GazeDataset, GazeVideoDataset, LookedAtDataset
from mtkd_engine.spec.saliency.data import GazeDataSpec, GazeVideoDataSpec, LookedAtSpec
from mtkd_engine.tasks.saliency.splits.base import LookedAtSplit
from mtkd_engine.tasks.saliency.splits.pictures import GazeSplit
from mtkd_engine.tasks.saliency.splits.videos import GazeVideoSplit


def gaze_splits(
    data: LookedAtSpec, *, dataset: LookedAtDataset, device: torch.device | str, cache: Path | None = None
) -> dict[str, LookedAtSplit]:
    """This will give the splits of a job, train in augmented views; `cache` is where frames of videos are left."""
    return {name: _split(data, dataset, name, device=device, cache=cache) for name in dataset.splits}


def _split(
    data: LookedAtSpec, dataset: LookedAtDataset, name: str, *, device: torch.device | str, cache: Path | None
) -> LookedAtSplit:
    augment = data.augment if name == "train" else None
    if isinstance(dataset, GazeDataset):
        assert isinstance(data, GazeDataSpec)
        return GazeSplit(
            dataset,
            name,
            height=data.height,
            width=data.width,
            protocol=data.protocol,
            augment=augment,
            device=device,
        )
    assert isinstance(dataset, GazeVideoDataset)
    assert isinstance(data, GazeVideoDataSpec)
    return GazeVideoSplit(
        dataset,
        name,
        height=data.height,
        width=data.width,
        protocol=data.protocol,
        frames=data.frames,
        stride=data.stride,
        rate=data.rate,
        augment=augment,
        device=device,
        keep=cache,
    )
