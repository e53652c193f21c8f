"""A split of images as batches.

Shape suffixes: N samples, B of a batch, C channels, H and W pixels, M whatever is packed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mtkd_engine.data.images.dataset import Images
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.spec.classification.views import AugmentSpec
from mtkd_engine.tasks.classification.batches import Mixed
from mtkd_engine.tasks.classification.draws import Whole
from mtkd_engine.tasks.classification.pixels import Pixels, on_device
from mtkd_engine.tasks.classification.splits.base import ClassSplit, Kept
from mtkd_engine.tasks.classification.views import SHARES, Choices, mixed, partners, shares, varied


class ImageSplit(ClassSplit):
    """Images of one size, (B, 3, size, size)."""

    augment: AugmentSpec | None

    def __init__(
        self,
        samples: Sequence[LabelledSample],
        images: Images,
        *,
        name: str,
        size: int,
        augment: AugmentSpec | None,
        seed: int,
        device: torch.device | str = "cpu",
        labelled_N: Kept | None = None,
    ) -> None:
        super().__init__(samples, name=name, augment=augment, seed=seed, device=device, labelled_N=labelled_N)
        self._pixels = Pixels(
            images, [sample.place for sample in self.samples], size=size, device=self.device
        )

    def _clean(self, rows_B: Whole) -> Tensor:
        return _channels_second(self._pixels.rows(rows_B))

    def _varied(self, view: int, rows_B: Whole) -> tuple[Tensor, Tensor, Mixed | None]:
        spec, count = self.augment, len(rows_B)
        assert spec is not None
        keys_B = self._keys_N[rows_B]
        if not spec.mixup:
            packed_MB, images_BHWC = self._views(view, rows_B, [self._host_labels_N[rows_B]])
            return _channels_second(images_BHWC), packed_MB[0], None
        other_B = partners(keys_B, rows_B, view, samples=len(self))
        all_B = np.concatenate([rows_B, other_B])
        own_share_B = shares(keys_B, view, shape=spec.mixup)
        packed_MB, images_BHWC = self._views(
            view, all_B, [self._host_labels_N[all_B], np.concatenate([own_share_B, own_share_B])]
        )
        labels_B, share_B = packed_MB[0], packed_MB[1, :count]
        pairs = Mixed(labels_B[count:], share_B.to(torch.float32) / SHARES, self._labelled(other_B))
        mixed_BHWC = mixed(images_BHWC[:count], images_BHWC[count:], share_B)
        return _channels_second(mixed_BHWC), labels_B[:count], pairs

    def _views(self, view: int, rows_B: Whole, beside: list[Whole]) -> tuple[Tensor, Tensor]:
        """What stands beside the choices, on the device, and the varied images: one copy for both."""
        assert self.augment is not None
        choices = Choices.of(self._keys_N[rows_B], view, self.augment)
        packed_MB = on_device(np.concatenate([np.stack([rows_B, *beside]), choices.packed_MB]), self.device)
        images_BHWC = self._pixels.rows(rows_B, packed_MB[0])
        first = 1 + len(beside)
        return packed_MB[1:first], varied(images_BHWC, packed_MB[first:], choices, self.augment)


def _channels_second(images_BHWC: Tensor) -> Tensor:
    return images_BHWC.permute(0, 3, 1, 2)
