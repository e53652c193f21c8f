"""Reading a dense dataset that a job works on, whatever its truth is."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.data.dense.dataset import DenseDataset
from mtkd_engine.data.gaze.load import load_gaze
from mtkd_engine.data.masks.dataset import TASK as SEGMENTATION
from mtkd_engine.data.masks.load import load_masks
from mtkd_engine.data.task import task_of


def load_dense_dataset(path: Path, *, cache: Path | None = None) -> DenseDataset:
    """This will read a dataset of masks or of where people looked, sealed or not; raises DataError.

    `cache` is a folder where decoded pixels are left for the next job on the same content.
    """
    load = load_masks if task_of(path) == SEGMENTATION else load_gaze
    return load(path, cache=None if cache is None else cache / "dense")
