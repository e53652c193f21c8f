"""A split of clips, of which features are given, as batches.

Shape suffixes: B samples of a batch, T rows of a clip, D features.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.data.clips.dataset import Features
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.spec.classification.views import FeatureAugmentSpec
from mtkd_engine.tasks.classification.batches import Mixed, Rows
from mtkd_engine.tasks.classification.draws import Whole, uniform
from mtkd_engine.tasks.classification.pixels import on_device
from mtkd_engine.tasks.classification.segments import drawn_moments, middles
from mtkd_engine.tasks.classification.splits.base import ClassSplit, Kept
from mtkd_engine.tasks.classification.views import SHARES, partners, shares

Floats = NDArray[np.float32]


class FeatureSplit(ClassSplit):
    """Rows of features, (B, rows, D): one of each segment of a clip, or all that a shorter one has."""

    augment: FeatureAugmentSpec | None

    def __init__(
        self,
        samples: Sequence[LabelledSample],
        features: Features,
        *,
        name: str,
        rows: int,
        augment: FeatureAugmentSpec | None,
        seed: int,
        device: torch.device | str = "cpu",
        labelled_N: Kept | None = None,
    ) -> None:
        super().__init__(samples, name=name, augment=augment, seed=seed, device=device, labelled_N=labelled_N)
        self._features = features
        self._rows = rows
        self._places_N: Whole = np.array([sample.place for sample in self.samples], np.int64)
        self._lengths_N: Whole = np.array([len(features.row(place)) for place in self._places_N], np.int64)

    def _clean(self, rows_B: Whole) -> Rows:
        lengths_B = self._lengths_N[rows_B]
        return self._there(*self._cut(rows_B, middles(lengths_B, self._rows)))

    def _varied(self, view: int, rows_B: Whole) -> tuple[Rows, Tensor, Mixed | None]:
        spec = self.augment
        assert spec is not None
        if not spec.mixup:
            return self._there(*self._view(view, rows_B)), self._labels(rows_B), None
        keys_B = self._keys_N[rows_B]
        other_B = partners(keys_B, rows_B, view, samples=len(self))
        share_B = (shares(keys_B, view, shape=spec.mixup) / SHARES).astype(np.float32)
        # Mixed on the host, so that a view has the same bits on every device.
        (own_BTD, own_B), (other_BTD, others_B) = self._view(view, rows_B), self._view(view, other_B)
        share_B11 = share_B[:, None, None]
        mixed_BTD = share_B11 * own_BTD + (np.float32(1) - share_B11) * other_BTD
        pairs = Mixed(self._labels(other_B), on_device(share_B, self.device), self._labelled(other_B))
        return self._there(mixed_BTD, np.maximum(own_B, others_B)), self._labels(rows_B), pairs

    def _view(self, view: int, rows_B: Whole) -> tuple[Floats, Whole]:
        spec = self.augment
        assert spec is not None
        lengths_B, keys_B = self._lengths_N[rows_B], self._keys_N[rows_B]
        moments_BT = middles(lengths_B, self._rows)
        if spec.jitter:
            moments_BT = drawn_moments(lengths_B, self._rows, keys_B=keys_B, view=view)
        features_BTD, kept_B = self._cut(rows_B, moments_BT)
        if spec.drop:
            draws_BT = np.stack([uniform(keys_B, view, f"drop {t}") for t in range(self._rows)], axis=1)
            features_BTD[draws_BT < spec.drop] = 0
        return features_BTD, kept_B

    def _cut(self, rows_B: Whole, moments_BT: Whole) -> tuple[Floats, Whole]:
        """The rows at these moments, and how many count: a clip that is short shows all of its own in their order."""
        lengths_B = self._lengths_N[rows_B]
        is_short_B = lengths_B <= self._rows
        place_T = np.arange(self._rows)
        own_BT = np.minimum(place_T, lengths_B[:, None] - 1)
        moments_BT = np.where(is_short_B[:, None], own_BT, moments_BT)
        features_BTD = np.empty((*moments_BT.shape, self._features.width), np.float32)
        for room_TD, place, moments_T in zip(features_BTD, self._places_N[rows_B], moments_BT, strict=True):
            room_TD[:] = self._features.row(int(place))[moments_T]
        kept_B = np.minimum(lengths_B, self._rows)
        features_BTD[place_T >= kept_B[:, None]] = 0
        return features_BTD, kept_B

    def _there(self, features_BTD: Floats, lengths_B: Whole) -> Rows:
        return Rows(on_device(features_BTD, self.device), on_device(lengths_B, self.device))
