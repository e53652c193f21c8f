"""Labelled images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.labelled import LabelledDataset


class Images(Protocol):
    """The encoded images of a dataset, on disk until they are asked for."""

    def encoded(self, place: int) -> bytes:
        """This will give the file of one image as it was handed in."""
        ...

    def decoded(self, places: Sequence[int], *, size: int) -> NDArray[np.uint8]:
        """This will decode images to (N, size, size, 3), RGB: the shorter side resized, the middle cut out."""
        ...


@dataclass(frozen=True, kw_only=True)
class ImageDataset(LabelledDataset):
    """A checked dataset of images; the place of a sample is that of its image."""

    images: Images
