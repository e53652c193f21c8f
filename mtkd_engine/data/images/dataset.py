"""Labelled images with splits, stable sample ids and a source per sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ImageSample:
    """One image of one class; `place` is where its bytes lie in the dataset's store."""

    sample_id: str
    source_id: str
    label: int
    place: int


class Images(Protocol):
    """The encoded images of a dataset, on disk until they are asked for."""

    def encoded(self, place: int) -> bytes:
        """This will give the file of one image as it was handed in."""
        ...

    def decoded(self, places: Sequence[int], *, size: int) -> NDArray[np.uint8]:
        """This will decode images to (N, size, size, 3), RGB: the shorter side resized, the middle cut out."""
        ...


@dataclass(frozen=True)
class ImageDataset:
    """A checked dataset of images: class names in their order, samples by split (train, val, test)."""

    name: str
    classes: tuple[str, ...]
    splits: dict[str, tuple[ImageSample, ...]]
    images: Images
    content_hash: str
    """The sha256 of what the dataset says, whatever files it lies in; a selected part has one of its own."""
    selected_from: str | None = None
    """The content hash of the whole dataset that this is a part of, None where it is whole."""
    moved_to_test: frozenset[str] = frozenset()
    """The ids of test samples that are train or val samples of the whole dataset."""
    task: str = "classification"

    @property
    def whole_hash(self) -> str:
        """The content hash of the dataset as it was registered."""
        return self.selected_from or self.content_hash
