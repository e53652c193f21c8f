"""A few images in memory, and networks that say something of them without having learned it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtkd_engine.data.images.dataset import ImageDataset
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.events import Event
from mtkd_engine.spec import ClassificationSpec, ClassifierCard, parse
from mtkd_engine.tasks.classification.splits.images import ImageSplit
from mtkd_engine.teachers.classification.cached import CachedSource, prepare_rows
from mtkd_engine.teachers.classification.face import ClassTeacher

CLASSES = ("cat", "dog", "owl", "fox")
SIZE = 8
COUNTS = {"train": 300, "val": 20, "test": 30}


class Memory:
    """Images that were never on a disk."""

    def __init__(self, count: int) -> None:
        self._pixels = np.random.default_rng(0).integers(0, 256, (count, SIZE, SIZE, 3), dtype=np.uint8)

    def encoded(self, place: int) -> bytes:
        raise AssertionError("nobody needs the file")

    def decoded(self, places: Sequence[int], *, size: int) -> NDArray[np.uint8]:
        assert size == SIZE
        return self._pixels[list(places)]


class Net(nn.Module):
    """Scores of classes from all pixels; counts how many images it has seen."""

    def __init__(self, seed: int, *, classes: int = len(CLASSES), channels: int = 3) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(classes, channels * SIZE * SIZE, generator=generator) * 0.1)
        self.seen = 0

    def forward(self, images_BCHW: Tensor) -> Tensor:
        self.seen += len(images_BCHW)
        return images_BCHW.flatten(1) @ self.weight.T


def dataset() -> ImageDataset:
    """This will make a dataset of noise with labels."""
    splits, place = {}, 0
    for split, count in COUNTS.items():
        places = range(place, place + count)
        splits[split] = tuple(
            LabelledSample(f"{split}-{p}", f"{split}-{p}", p % len(CLASSES), p) for p in places
        )
        place += count
    return ImageDataset(
        name="noise", classes=CLASSES, splits=splits, images=Memory(place), content_hash="noise"
    )


def spec_of(
    method: Mapping[str, Any] | None = None, *, teachers: Sequence[str], **augment: Any
) -> ClassificationSpec:
    """This will describe a job on them; two epochs show two of three views."""
    spec = parse(
        {
            "task": "classification",
            "data": {"dataset": "noise", "size": SIZE, "augment": {"views": 3, "crop_padding": 1, **augment}},
            "teachers": list(teachers),
            "method": {"kind": "multi_teacher", **(method or {})},
            "optim": {"epochs": 2},
        }
    )
    assert isinstance(spec, ClassificationSpec)
    return spec


def teacher_of(
    name: str, net: nn.Module | None, *, file: Path = Path("nowhere"), **card: Any
) -> ClassTeacher:
    """This will make a teacher of a network, whatever its card says of an architecture."""
    stated = {
        "net": {"family": "cifar_resnet"},
        "classes": CLASSES,
        "input": {"size": SIZE},
        "temperature": 1.5,
        **card,
    }
    return ClassTeacher(
        name=name,
        content_hash=f"hash of {name}",
        card=ClassifierCard.model_validate(stated),
        file=file,
        model=net,
    )


class Room:
    """Splits of the dataset as a job sees them, and the cache of its teachers."""

    def __init__(self, spec: ClassificationSpec, teachers: Sequence[ClassTeacher], *, cache: Path) -> None:
        self.spec, self.teachers, self.cache = spec, list(teachers), cache
        self.dataset = dataset()
        self.splits = {
            name: ImageSplit(
                samples,
                self.dataset.images,
                name=name,
                size=SIZE,
                augment=spec.data.augment if name == "train" else None,
                seed=spec.data.augment.seed,
            )
            for name, samples in self.dataset.splits.items()
        }

    def prepare(self, fixed: Sequence[float] | None = None) -> tuple[CachedSource, list[Event]]:
        """This will prepare all splits and give what was said meanwhile."""
        work = prepare_rows(
            self.spec,
            teachers=self.teachers,
            splits=self.splits,
            dataset=self.dataset,
            cache=self.cache,
            device="cpu",
            fixed=fixed,
        )
        made: list[CachedSource] = []

        def kept() -> Generator[Event, None, None]:
            made.append((yield from work))

        said = list(kept())
        return made[0], said
