"""Pictures that people looked at, in memory: what is looked at is bright."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.data.dense.pictures import Pictures
from mtkd_engine.data.gaze.dataset import GazeDataset
from mtkd_engine.data.gaze.looks import HeldGaze, fixations_of
from mtkd_engine.evaluation.dense.saliency import SaliencyTask
from mtkd_engine.spec import GazeDataSpec
from mtkd_engine.tasks.saliency.splits.build import gaze_splits
from tests.engine.stored import Stored

HEIGHT, WIDTH = 24, 32
Points = list[tuple[float, float]]
"""x and y in pixels."""


def glances(looked: list[Points]) -> GazeDataset:
    """This will paint a light where each picture is looked at; the first two are train and val, the others test."""
    files = [_painted(points) for points in looked]
    gaze = HeldGaze(
        [fixations_of(np.array(points, np.float64).reshape(-1, 2)) for points in looked],
        frames=[(HEIGHT, WIDTH)] * len(looked),
        maps=[() for _ in looked],
    )
    samples = [DenseSample(f"glance{place}", f"walk{place}", place) for place in range(len(looked))]
    splits = {"train": tuple(samples[:1]), "val": tuple(samples[1:2]), "test": tuple(samples[2:])}
    return GazeDataset(
        name="glances", splits=splits, content_hash="6" * 64, gaze=gaze, images=Pictures(Stored(files))
    )


def task_of(looked: list[Points], *, height: int = HEIGHT, width: int = WIDTH) -> SaliencyTask:
    """This will give the task of such a dataset."""
    data = GazeDataSpec(dataset="glances", height=height, width=width)
    return SaliencyTask(gaze_splits(data, dataset=glances(looked), device="cpu"))


def by_light(shared: Tensor) -> Tensor:
    """This will say that people look where it is bright: a network that is nearly right."""
    return torch.log(shared.float().mean(-3) / 255 + 1e-4)


def _painted(points: Points) -> bytes:
    rows_HW, columns_HW = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    light_HW = np.zeros((HEIGHT, WIDTH))
    for across, down in points:
        light_HW += np.exp(-((rows_HW - down) ** 2 + (columns_HW - across) ** 2) / 3)
    picture = Image.fromarray(np.rint(255 * light_HW.clip(0, 1)).astype(np.uint8)).convert("RGB")
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
