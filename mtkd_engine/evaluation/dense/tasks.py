"""From a dataset to its task: splits, losses and measures in one."""

from __future__ import annotations

from pathlib import Path

import torch

from mtkd_engine.data.dense.dataset import DenseDataset
from mtkd_engine.data.gaze.dataset import LookedAtDataset
from mtkd_engine.data.masks.dataset import MaskDataset
from mtkd_engine.evaluation.dense.face import DenseTask
from mtkd_engine.evaluation.dense.saliency import SaliencyTask
from mtkd_engine.evaluation.dense.segmentation import SegmentationTask
from mtkd_engine.spec import DenseDataSpec, LookedAtSpec, MaskDataSpec
from mtkd_engine.tasks.saliency.splits.build import gaze_splits
from mtkd_engine.tasks.segmentation.splits import mask_splits


def task_on(
    dataset: DenseDataset, data: DenseDataSpec, *, device: torch.device | str, cache: Path | None = None
) -> DenseTask:
    """This will give the task of a dataset as a job sees it, with all of its splits.

    `cache` is where decoded frames of videos are left for the next job.
    """
    if isinstance(dataset, MaskDataset):
        assert isinstance(data, MaskDataSpec)
        return SegmentationTask(mask_splits(data, dataset=dataset, device=device))
    assert isinstance(dataset, LookedAtDataset)
    assert isinstance(data, LookedAtSpec)
    return SaliencyTask(gaze_splits(data, dataset=dataset, device=device, cache=cache))
