"""The sealed form of pictures with masks: dataset.json, samples.jsonl, a file of all pictures and one of all masks.

Masks are written anew as PNG of one channel: the number of the class of each pixel, 255 for void.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.dense.samples import Splits, StatedDense, dense_hash, read_dense_samples
from mtkd_engine.data.dense.sealing import seal_dense
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.images.sealed import IMAGES, OFFSETS, SealedImages
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.labelled.classes import checked_classes
from mtkd_engine.data.labelled.sealing import Statement, write_starts
from mtkd_engine.data.manifest import FILE
from mtkd_engine.data.masks.dataset import KIND, TASK, VOID
from mtkd_engine.data.masks.store import Masks
from mtkd_engine.data.masks.values import read_values
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.sealing.samples import FILE as SAMPLES
from mtkd_engine.data.split import SPLITS

MASKS = "masks.bin"
MASK_OFFSETS = "masks.idx"
Bytes = NDArray[np.uint8]


class SealedMasks(Masks):
    """Masks in one file, found by where each begins."""

    def __init__(self, folder: Path, *, count: int, classes: int) -> None:
        super().__init__()
        self._classes = classes
        self._files = SealedImages(folder, count=count, file=MASKS, offsets=MASK_OFFSETS)

    def __len__(self) -> int:
        return len(self._files)

    def encoded(self, place: int) -> bytes:
        """This will give the PNG of one mask."""
        return self._files.encoded(place)

    def named(self, place: int) -> str:
        """This will say for a person which mask lies at a place."""
        return f"mask {place}"

    def at(self, place: int) -> Bytes:
        """This will give one mask, (H, W); raises DataError where it is none of these classes."""
        try:
            mask_HW = read_values(self.encoded(place)).by("numbers").astype(np.uint8, copy=False)
            if ((mask_HW >= self._classes) & (mask_HW != VOID)).any():
                raise DataError(f"it has classes beyond the {self._classes} of {FILE}.")
            return mask_HW
        except DataError as error:
            raise DataError(f"{self.named(place)}: {error}") from None


@dataclass(frozen=True)
class SealedPairs:
    """What lies in a sealed folder of pictures with masks."""

    name: str
    source_format: str
    classes: tuple[str, ...]
    splits: dict[str, tuple[StatedDense, ...]]
    images: SealedImages
    masks: SealedMasks

    @property
    def content_hash(self) -> str:
        """The sha256 of what it says."""
        return masks_hash(self.classes, self.splits)


def masks_hash(classes: Sequence[str], splits: Splits) -> str:
    """This will give the sha256 of what a dataset of masks says, whatever files it lies in."""
    return dense_hash(splits, about={"task": TASK, "kind": KIND, "classes": list(classes)})


def truth_hash(mask_HW: Bytes) -> str:
    """This will give the sha256 of the classes of all pixels, however they were written."""
    height, width = mask_HW.shape
    return hashlib.sha256(f"{height}x{width}\n".encode() + mask_HW.tobytes()).hexdigest()


def read_sealed_masks(folder: Path) -> SealedPairs:
    """This will read the samples of a sealed dataset of masks; pictures and masks stay on disk. Raises DataError."""
    stated = read_json_object(folder / FILE)
    name, classes = stated.get("name"), stated.get("classes")
    if not isinstance(name, str) or stated.get("task") != TASK or not isinstance(classes, list):
        raise DataError(
            f"{FILE}: name, task and classes are {shown(name)}, {shown(stated.get('task'))} and {shown(classes)}; a "
            "sealed dataset of masks has all three."
        )
    names = checked_classes(classes, where=FILE)
    splits = read_dense_samples(folder / SAMPLES)
    count = sum(len(samples) for samples in splits.values())
    return SealedPairs(
        name=name,
        source_format=str(stated.get("source_format")),
        classes=names,
        splits=splits,
        images=SealedImages(folder, count=count),
        masks=SealedMasks(folder, count=count, classes=len(names)),
    )


def seal_masks(
    target: Path,
    statement: Statement,
    splits: Splits,
    *,
    image_of: Callable[[int], bytes],
    mask_of: Callable[[int], Bytes],
    progress: Progress,
) -> tuple[str, int]:
    """This will write the new folder `target` whole or not at all, and give its content hash and its bytes.

    `image_of` and `mask_of` give the file of a picture and the classes of its pixels by the place of a sample; the
    hashes of masks are made here.
    """

    def write(folder: Path) -> Splits:
        return _written(folder, splits, image_of=image_of, mask_of=mask_of, progress=progress)

    about = {
        "task": TASK,
        "kind": KIND,
        "name": statement.name,
        "classes": list(statement.classes),
        "source_format": statement.source_format,
        "repairs": list(statement.repairs),
        "split_made": statement.split_made,
    }
    written, size = seal_dense(target, about=about, write=write)
    return masks_hash(statement.classes, written), size


def _written(
    folder: Path,
    splits: Splits,
    *,
    image_of: Callable[[int], bytes],
    mask_of: Callable[[int], Bytes],
    progress: Progress,
) -> Mapping[str, Sequence[StatedDense]]:
    done: dict[str, list[StatedDense]] = {split: [] for split in SPLITS}
    of = sum(len(samples) for samples in splits.values())
    image_starts, mask_starts = [0], [0]
    with (folder / IMAGES).open("wb") as images, (folder / MASKS).open("wb") as masks:
        for split in SPLITS:
            for stated in splits[split]:
                mask_HW = mask_of(stated.sample.place)
                image_starts.append(image_starts[-1] + images.write(image_of(stated.sample.place)))
                mask_starts.append(mask_starts[-1] + masks.write(_png(mask_HW)))
                done[split].append(replace(stated, truth=truth_hash(mask_HW)))
                progress.say("sealing", done=len(mask_starts) - 1, of=of)
    write_starts(folder / OFFSETS, image_starts)
    write_starts(folder / MASK_OFFSETS, mask_starts)
    return done


def _png(mask_HW: Bytes) -> bytes:
    target = BytesIO()
    Image.fromarray(mask_HW).save(target, "PNG")
    return target.getvalue()
