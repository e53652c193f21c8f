"""A split of images as batches, each epoch another view of them.

Shape suffixes: N samples, B of a batch, C channels, H and W pixels, M whatever is packed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from mtkd_engine.data.images.dataset import Images, ImageSample
from mtkd_engine.spec.classification.data import AugmentSpec
from mtkd_engine.tasks.classification.batches import CLEAN, ImageBatch, Mixed
from mtkd_engine.tasks.classification.draws import Hashes, Whole, keys_of
from mtkd_engine.tasks.classification.pixels import Pixels, on_device
from mtkd_engine.tasks.classification.views import SHARES, Choices, mixed, partners, shares, varied

EVALUATION_BATCH = 500


class ImageSplit:
    """The samples of a split, clean or varied; every participant gets the same pixels.

    View v of a sample is a function of (seed, sample id, v) alone; its partner of mixup, where there is one, is drawn
    among the samples of the split in their order. Nothing is read back from the device.
    """

    def __init__(
        self,
        samples: Sequence[ImageSample],
        images: Images,
        *,
        name: str,
        size: int,
        augment: AugmentSpec | None,
        seed: int,
        device: torch.device | str = "cpu",
    ) -> None:
        self.samples = tuple(samples)
        self.name = name
        self.augment = augment
        self._device = torch.device(device)
        self._labels_N: Whole = np.array([sample.label for sample in self.samples], np.int64)
        self._seed = seed
        self._keys: Hashes | None = None
        self._pixels = Pixels(
            images, [sample.place for sample in self.samples], size=size, device=self._device
        )
        self.labels_N = on_device(self._labels_N, self._device)

    def __len__(self) -> int:
        return len(self.samples)

    def batch(self, indices: Sequence[int], *, epoch: int = 0) -> ImageBatch:
        """This will give the samples at these positions as they are seen in an epoch, counted from 0."""
        view = CLEAN if self.augment is None else epoch % self.augment.views
        return self.at_view(view, indices)

    def in_order(self, *, size: int = EVALUATION_BATCH) -> Iterator[ImageBatch]:
        """This will yield all samples in clean batches, first to last."""
        for start in range(0, len(self), size):
            yield self.at_view(CLEAN, range(start, min(start + size, len(self))))

    def at_view(self, view: int, indices: Sequence[int]) -> ImageBatch:
        """This will give one view of the samples at these positions; CLEAN is the image as it is."""
        rows_B = np.asarray(indices, np.int64)
        if view == CLEAN:
            images_BHWC, labels_B, pairs = self._pixels.rows(rows_B), self._labels(rows_B), None
        else:
            images_BHWC, labels_B, pairs = self._varied(view, rows_B)
        return ImageBatch(
            images_BHWC.permute(0, 3, 1, 2),
            labels_B,
            torch.from_numpy(rows_B),
            torch.full((len(rows_B),), view, dtype=torch.int64),
            tuple(self.samples[row] for row in indices),
            self.name,
            pairs,
        )

    def _labels(self, rows_B: Whole) -> Tensor:
        return on_device(self._labels_N[rows_B], self._device)

    def _varied(self, view: int, rows_B: Whole) -> tuple[Tensor, Tensor, Mixed | None]:
        spec, count = self.augment, len(rows_B)
        assert spec is not None, "a split without augmentation has clean views only"
        keys_B = self._keys_N[rows_B]
        if not spec.mixup:
            packed_MB, images_BHWC = self._views(view, rows_B, [self._labels_N[rows_B]])
            return images_BHWC, packed_MB[0], None
        other_B = partners(keys_B, rows_B, view, samples=len(self))
        all_B = np.concatenate([rows_B, other_B])
        own_share_B = shares(keys_B, view, spec)
        packed_MB, images_BHWC = self._views(
            view, all_B, [self._labels_N[all_B], np.concatenate([own_share_B, own_share_B])]
        )
        labels_B, share_B = packed_MB[0], packed_MB[1, :count]
        pairs = Mixed(labels_B[count:], share_B.to(torch.float32) / SHARES)
        return mixed(images_BHWC[:count], images_BHWC[count:], share_B), labels_B[:count], pairs

    def _views(self, view: int, rows_B: Whole, beside: list[Whole]) -> tuple[Tensor, Tensor]:
        """What stands beside the choices, on the device, and the varied images: one copy for both."""
        assert self.augment is not None
        choices = Choices.of(self._keys_N[rows_B], view, self.augment)
        packed_MB = on_device(np.concatenate([np.stack([rows_B, *beside]), choices.packed_MB]), self._device)
        images_BHWC = self._pixels.rows(rows_B, packed_MB[0])
        first = 1 + len(beside)
        return packed_MB[1:first], varied(images_BHWC, packed_MB[first:], choices, self.augment)

    @property
    def _keys_N(self) -> Hashes:
        """Made when they are first asked for: clean splits need none."""
        if self._keys is None:
            self._keys = keys_of([sample.sample_id for sample in self.samples], seed=self._seed)
        return self._keys
