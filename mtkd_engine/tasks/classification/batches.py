"""What the loop, methods and teachers get to see of a split of images.

Shape suffixes: B samples, C channels (3, RGB), H and W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mtkd_engine.data.images.dataset import ImageSample

CLEAN = -1
"""The view of an image as it is, without augmentation: what evaluation sees."""


@dataclass(frozen=True)
class Mixed:
    """Partners of mixup: the image of a sample is share * own + (1 - share) * partner's, as are its labels."""

    labels_B: Tensor
    share_B: Tensor


@dataclass(frozen=True)
class ImageBatch:
    """Images as every participant gets them, before its own transform; values 0 to 255, uint8 (float32 if mixed).

    Images and labels (and what is mixed) lie on the device of the training; rows and views always in host memory,
    where caches are read, so that nobody waits for the device to learn them.
    """

    images_BCHW: Tensor
    labels_B: Tensor
    rows_B: Tensor
    """Positions in the split, int64: what caches are read by."""
    views_B: Tensor
    """The view of each sample, int64; CLEAN where nothing is varied."""
    samples: tuple[ImageSample, ...]
    split: str
    mixed: Mixed | None = None

    @property
    def sample_ids(self) -> list[str]:
        """Stable ids, in order."""
        return [sample.sample_id for sample in self.samples]
