"""The sealed form of labelled images: dataset.json, samples.jsonl, and one file with all images in their order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.images.classes import checked_classes
from mtkd_engine.data.images.samples import TASK, Stated, content_hash, line_of
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.manifest import FILE, SEALED
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.data.sealing.samples import FILE as SAMPLES
from mtkd_engine.data.sealing.samples import INDEX
from mtkd_engine.data.split import SPLITS

IMAGES = "images.bin"
OFFSETS = "images.idx"


class SealedImages(ImageStore):
    """Images in one file, found by where each begins."""

    def __init__(self, folder: Path, *, count: int) -> None:
        super().__init__()
        try:
            self._offsets: NDArray[np.uint64] = np.memmap(folder / OFFSETS, dtype="<u8", mode="r")
            size = (folder / IMAGES).stat().st_size
            self._bytes: NDArray[np.uint8] = np.memmap(folder / IMAGES, dtype=np.uint8, mode="r")
        except (OSError, ValueError) as error:
            raise DataError(f"{IMAGES} and {OFFSETS} cannot be read ({error}).") from None
        if len(self._offsets) != count + 1 or int(self._offsets[-1]) != size:
            raise DataError(f"{IMAGES} and {OFFSETS} do not fit {SAMPLES}; the sealed folder is not whole.")

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
    splits: dict[str, tuple[Stated, ...]]
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
    splits = _read_samples(folder / SAMPLES, classes=len(names))
    count = sum(len(samples) for samples in splits.values())
    return SealedClasses(
        name=name,
        source_format=str(stated.get("source_format")),
        classes=names,
        splits=splits,
        images=SealedImages(folder, count=count),
    )


@dataclass(frozen=True)
class ImageMaterial:
    """Everything that goes into a sealed dataset of images; places are those of `store`."""

    name: str
    source_format: str
    classes: tuple[str, ...]
    splits: Mapping[str, Sequence[Stated]]
    store: ImageStore
    repairs: tuple[str, ...] = ()
    split_made: bool = False


def seal_images(target: Path, material: ImageMaterial, *, progress: Progress) -> tuple[str, int]:
    """This will write the new folder `target` whole or not at all, and give its content hash and its bytes."""
    with new_folder(target) as folder:
        _write_images(folder, material, progress=progress)
        statement: dict[str, Any] = {
            "format": SEALED,
            "task": TASK,
            "name": material.name,
            "classes": list(material.classes),
            "splits": {split: len(material.splits[split]) for split in SPLITS},
            "source_format": material.source_format,
            "repairs": list(material.repairs),
            "split_made": material.split_made,
        }
        (folder / FILE).write_text(json.dumps(statement, ensure_ascii=False, indent=1), encoding="utf-8")
        size = sum(file.stat().st_size for file in folder.iterdir())
    return content_hash(material.classes, material.splits), size


def _write_images(folder: Path, material: ImageMaterial, *, progress: Progress) -> None:
    lines, starts = [0], [0]
    count = sum(len(samples) for samples in material.splits.values())
    with (folder / SAMPLES).open("wb") as samples, (folder / IMAGES).open("wb") as images:
        for split in SPLITS:
            for stated in material.splits[split]:
                lines.append(lines[-1] + samples.write(line_of(split, stated)))
                starts.append(starts[-1] + images.write(material.store.encoded(stated.sample.place)))
                progress.say("sealing", done=len(starts) - 1, of=count)
    (folder / INDEX).write_bytes(np.array(lines, dtype="<u8").tobytes())
    (folder / OFFSETS).write_bytes(np.array(starts, dtype="<u8").tobytes())


def _read_samples(path: Path, *, classes: int) -> dict[str, tuple[Stated, ...]]:
    splits: dict[str, list[Stated]] = {split: [] for split in SPLITS}
    try:
        with path.open("rb") as stream:
            for place, line in enumerate(stream):
                split, stated = _sample(line, place=place, classes=classes)
                splits[split].append(stated)
    except OSError as error:
        raise DataError(f"{SAMPLES} cannot be read ({error.strerror}).") from None
    return {split: tuple(samples) for split, samples in splits.items()}


def _sample(line: bytes, *, place: int, classes: int) -> tuple[str, Stated]:
    try:
        given = json.loads(line)
        split, label = given["split"], given["label"]
        if split not in SPLITS or not isinstance(label, int) or not 0 <= label < classes:
            raise ValueError(f"split and label are {shown(split)} and {shown(label)}")
        sample = LabelledSample(str(given["id"]), str(given["source"]), label, place)
        return split, Stated(sample, str(given["sha256"]), given["width"], given["height"], given["kind"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(
            f"{SAMPLES}, row {place + 1}: the line is no sample of a sealed dataset ({error})."
        ) from None
