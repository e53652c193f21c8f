"""Semantic segmentation: tell the class of every pixel."""

from mtkd_engine.data.masks.dataset import VOID
from mtkd_engine.tasks.segmentation.belief import belief
from mtkd_engine.tasks.segmentation.losses import per_sample_loss, transfer
from mtkd_engine.tasks.segmentation.metrics import Confusion
from mtkd_engine.tasks.segmentation.splits import MaskSplit

__all__ = ["VOID", "Confusion", "MaskSplit", "belief", "per_sample_loss", "transfer"]
