"""Pictures with masks that lie in memory, and networks that say what a test wants them to say."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.data.dense.pictures import Pictures
from mtkd_engine.data.masks.dataset import VOID, MaskDataset
from mtkd_engine.data.masks.store import Masks
from mtkd_engine.evaluation.dense.segmentation import SegmentationTask
from mtkd_engine.spec import MaskDataSpec
from mtkd_engine.tasks.segmentation.splits import mask_splits
from tests.engine.stored import Stored

CLASSES = ("ground", "red", "blue")
COLOURS = np.array([(60, 60, 60), (220, 30, 30), (30, 30, 220)], np.uint8)
Bytes = NDArray[np.uint8]


class _Held(Masks):
    def __init__(self, masks: Sequence[Bytes]) -> None:
        super().__init__()
        self._masks = masks

    def __len__(self) -> int:
        return len(self._masks)

    def at(self, place: int) -> Bytes:
        return self._masks[place]


def streets(masks: Sequence[Bytes], *, train: int, val: int) -> MaskDataset:
    """This will paint each mask in the colours of its classes; the first samples are train, then come val and test."""
    samples = [DenseSample(f"street{place}", f"town{place // 2}", place) for place in range(len(masks))]
    files = []
    for mask_HW in masks:
        written = io.BytesIO()
        Image.fromarray(COLOURS[np.where(mask_HW == VOID, 0, mask_HW)]).save(written, "PNG")
        files.append(written.getvalue())
    splits = {
        "train": tuple(samples[:train]),
        "val": tuple(samples[train : train + val]),
        "test": tuple(samples[train + val :]),
    }
    images = Pictures(Stored(files))
    return MaskDataset(
        name="streets",
        splits=splits,
        content_hash="5" * 64,
        classes=CLASSES,
        images=images,
        masks=_Held(masks),
    )


def task_of(masks: Sequence[Bytes], *, height: int = 8, width: int = 8) -> SegmentationTask:
    """This will give the task of a dataset of one sample each of train and val, the others being test."""
    data = MaskDataSpec(dataset="streets", height=height, width=width)
    return SegmentationTask(mask_splits(data, dataset=streets(masks, train=1, val=1), device="cpu"))


def by_colour(shared: Tensor) -> Tensor:
    """This will say of every pixel (B, 3, H, W) the class whose colour is nearest: a network that is always right."""
    far_BCHW = [
        (shared.float() - torch.tensor(colour).float().view(1, 3, 1, 1)).square().sum(1)
        for colour in COLOURS.tolist()
    ]
    return -torch.stack(far_BCHW, dim=1) / 100
