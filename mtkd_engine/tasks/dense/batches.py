"""What the loop, methods and participants get to see of a split of dense samples.

Shape suffixes: B samples, T frames, C channels (3, RGB), H and W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.tasks.classification.batches import CLEAN

__all__ = ["CLEAN", "DenseBatch"]


@dataclass(frozen=True)
class DenseBatch:
    """Samples as every participant gets them, before its own transform.

    Inputs and truth lie on the device of the training; rows and views always in host memory.
    """

    inputs: Tensor
    """Values 0 to 255, uint8: pictures (B, 3, H, W), frames of videos (B, T, 3, H, W)."""
    truth: Tensor
    """Segmentation: the class of each pixel, uint8 (B, H, W), 255 where none is told. Saliency: a density that sums to
    1 over the pixels of each frame, float32 (B, H, W) or (B, T, H, W); all zeros where nobody looked."""
    rows_B: Tensor
    """Positions in the split, int64."""
    views_B: Tensor
    """The view of each sample, int64; CLEAN where nothing is varied."""
    samples: tuple[DenseSample, ...]
    split: str

    @property
    def sample_ids(self) -> list[str]:
        """Stable ids, in order."""
        return [sample.sample_id for sample in self.samples]
