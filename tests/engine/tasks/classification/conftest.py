"""Small splits of random images, and batches of them."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.spec.classification.views import AugmentSpec
from mtkd_engine.tasks.classification import ClassBatch, ImageSplit, Mixed

SIZE = 12


class Pictures:
    """Decoded images; counts how many were asked for."""

    def __init__(self, pixels_NHWC: NDArray[np.uint8]) -> None:
        self.pixels_NHWC = pixels_NHWC
        self.asked = 0

    def encoded(self, place: int) -> bytes:
        return self.pixels_NHWC[place].tobytes()

    def decoded(self, places: Sequence[int], *, size: int) -> NDArray[np.uint8]:
        assert size == SIZE
        self.asked += len(places)
        found = self.pixels_NHWC[list(places)]
        found.flags.writeable = False
        return found


def make_split(
    augment: AugmentSpec | None, *, samples: int = 60, seed: int = 0, names: Sequence[int] | None = None
) -> Any:
    """Random images; `names` are the numbers in their ids, by default their positions."""
    generator = np.random.default_rng(3)
    pixels_NHWC = generator.integers(0, 256, (samples, SIZE, SIZE, 3), dtype=np.uint8)
    numbers = range(samples) if names is None else names
    listed = [LabelledSample(f"s{number}", f"s{number}", number % 5, number) for number in numbers]
    images = Pictures(pixels_NHWC)
    split = ImageSplit(listed, images, name="train", size=SIZE, augment=augment, seed=seed)
    return SimpleNamespace(split=split, images=images)


def make_batch(
    labels: Sequence[int], *, others: Sequence[int] = (), shares: Sequence[float] = ()
) -> ClassBatch:
    """Labels alone, mixed with others where they are given."""
    pairs = Mixed(torch.tensor(others), torch.tensor(shares)) if others else None
    rows_B = torch.arange(len(labels))
    return ClassBatch(
        torch.zeros(len(labels), 3, 2, 2, dtype=torch.uint8),
        torch.tensor(labels),
        rows_B,
        rows_B * 0,
        tuple(LabelledSample(f"s{row}", f"s{row}", label, row) for row, label in enumerate(labels)),
        "train",
        pairs,
    )


@pytest.fixture(scope="session")
def make_images() -> SimpleNamespace:
    return SimpleNamespace(split=make_split, batch=make_batch, size=SIZE)
