"""Pictures with masks."""

from __future__ import annotations

from dataclasses import dataclass

from mtkd_engine.data.dense.dataset import DenseDataset
from mtkd_engine.data.dense.pictures import Pictures
from mtkd_engine.data.masks.store import Masks

VOID = 255
"""What a mask says where it tells no class."""
MOST_CLASSES = 255
TASK, KIND = "segmentation", "masks"


@dataclass(frozen=True, kw_only=True)
class MaskDataset(DenseDataset):
    """A checked dataset; the place of a sample is that of its picture and of its mask."""

    classes: tuple[str, ...]
    """Names by the numbers that masks say, without void."""
    images: Pictures
    masks: Masks
    task: str = TASK
    kind: str = KIND
