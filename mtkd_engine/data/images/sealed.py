"""The sealed form of labelled images: dataset.json, samples.jsonl, and one file with all images in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.images.samples import StatedImage
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.labelled.classes import checked_classes
from mtkd_engine.data.labelled.samples import TASK, content_hash, read_samples
from mtkd_engine.data.labelled.sealing import Statement, seal_labelled, write_starts
from mtkd_engine.data.manifest import FILE
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.sealing.samples import FILE as SAMPLES

IMAGES = "images.bin"
OFFSETS = "images.idx"


class SealedImages(ImageStore):
    """Images in one file, found by where each begins."""

    def __init__(self, folder: Path, *, count: int, file: str = IMAGES, offsets: str = OFFSETS) -> None:
        super().__init__()
        try:
            self._offsets: NDArray[np.uint64] = np.memmap(folder / offsets, dtype="<u8", mode="r")
            size = (folder / file).stat().st_size
            self._bytes: NDArray[np.uint8] = np.memmap(folder / file, dtype=np.uint8, mode="r")
        except (OSError, ValueError) as error:
            raise DataError(f"{file} and {offsets} cannot be read ({error}).") from None
        if len(self._offsets) != count + 1 or int(self._offsets[-1]) != size:
            raise DataError(f"{file} and {offsets} do not fit {SAMPLES}; the sealed folder is not whole.")

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def encoded(self, place: int) -> bytes:
        """This will read the bytes of one image."""
        return self._bytes[int(self._offsets[place]) : int(self._offsets[place + 1])].tobytes()


@dataclass(frozen=True)
class SealedClasses:
    """What lies in a sealed folder of images."""

    name: str
    source_format: str
    classes: tuple[str, ...]
    splits: dict[str, tuple[StatedImage, ...]]
    images: SealedImages

    @property
    def content_hash(self) -> str:
        """The sha256 of what it says."""
        return content_hash(self.classes, self.splits)


def read_sealed_images(folder: Path) -> SealedClasses:
    """This will read the samples of a sealed dataset of images; the images stay on disk. Raises DataError."""
    stated = read_json_object(folder / FILE)
    name, classes = stated.get("name"), stated.get("classes")
    if not isinstance(name, str) or stated.get("task") != TASK or not isinstance(classes, list):
        raise DataError(
            f"{FILE}: name, task and classes are {shown(name)}, {shown(stated.get('task'))} and {shown(classes)}; a "
            "sealed dataset of images has all three."
        )
    names = checked_classes(classes, where=FILE)
    splits = read_samples(folder / SAMPLES, classes=len(names), of=StatedImage.read)
    count = sum(len(samples) for samples in splits.values())
    return SealedClasses(
        name=name,
        source_format=str(stated.get("source_format")),
        classes=names,
        splits=splits,
        images=SealedImages(folder, count=count),
    )


def seal_images(
    target: Path,
    statement: Statement,
    splits: Mapping[str, Sequence[StatedImage]],
    store: ImageStore,
    *,
    progress: Progress,
) -> tuple[str, int]:
    """This will write the new folder `target` whole or not at all, and give its content hash and its bytes.

    Places of samples are those of `store`.
    """

    def write(folder: Path, samples: Sequence[StatedImage]) -> None:
        starts = [0]
        with (folder / IMAGES).open("wb") as images:
            for done, stated in enumerate(samples, start=1):
                starts.append(starts[-1] + images.write(store.encoded(stated.sample.place)))
                progress.say("sealing", done=done, of=len(samples))
        write_starts(folder / OFFSETS, starts)

    size = seal_labelled(target, statement, splits, write=write, about={})
    return content_hash(statement.classes, splits), size
