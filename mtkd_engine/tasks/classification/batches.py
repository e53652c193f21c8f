"""What the loop, methods and teachers get to see of a split of labelled samples.

Shape suffixes: B samples, T frames or rows of features, S segments, C channels (3, RGB), H and W pixels, D features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.nets.classification.clips.given import Streams

CLEAN = -1
"""The view of a sample as it is, without augmentation: what evaluation sees."""


class Frames(NamedTuple):
    """Frames of clips in their order, values 0 to 255, uint8."""

    frames_BTCHW: Tensor


class Rows(NamedTuple):
    """Rows of features of clips, float32; those from the clip's own length on are zero and mean nothing."""

    features_BTD: Tensor
    lengths_B: Tensor


Shared: TypeAlias = Tensor | Frames | Rows | Streams
"""What all participants share before each one's own transform.

Of images (B, C, H, W), values 0 to 255. Of compressed clips the I-frame (uint8, RGB), the motion that has come
together since it (int16, pixels to the right and down that a pixel came from: p - S_t[p]) and what the I-frame so
moved does not explain (int16, RGB).
"""


def device_of(shared: Shared) -> torch.device:
    """This will say where shared inputs lie."""
    return shared.device if isinstance(shared, Tensor) else shared[0].device


@dataclass(frozen=True)
class Mixed:
    """Partners of mixup: what is seen of a sample is share * own + (1 - share) * partner's, as are its labels."""

    labels_B: Tensor
    share_B: Tensor
    labelled_B: Tensor | None = None
    """As in a batch, of the partners."""


@dataclass(frozen=True)
class ClassBatch:
    """Samples as every participant gets them, before its own transform; images are uint8 (float32 if mixed).

    Inputs and labels (and what is mixed) lie on the device of the training; rows and views always in host memory,
    where caches are read, so that nobody waits for the device to learn them.
    """

    inputs: Shared
    labels_B: Tensor
    rows_B: Tensor
    """Positions in the split, int64: what caches are read by."""
    views_B: Tensor
    """The view of each sample, int64; CLEAN where nothing is varied."""
    samples: tuple[LabelledSample, ...]
    split: str
    mixed: Mixed | None = None
    labelled_B: Tensor | None = None
    """Which samples have a label that may be learned from, as 0 and 1 in float32; None where all have."""

    @property
    def images_BCHW(self) -> Tensor:
        """The images of a batch of images."""
        assert isinstance(self.inputs, Tensor)
        return self.inputs

    @property
    def sample_ids(self) -> list[str]:
        """Stable ids, in order."""
        return [sample.sample_id for sample in self.samples]
