"""What tasks share that tell something of every pixel: segmentation and saliency."""

from mtkd_engine.tasks.dense.batches import CLEAN, DenseBatch

__all__ = ["CLEAN", "DenseBatch"]
