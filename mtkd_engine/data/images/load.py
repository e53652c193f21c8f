"""Reading a dataset of images that a job works on, sealed or not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.images.dataset import ImageDataset
from mtkd_engine.data.images.finding import find_images
from mtkd_engine.data.images.rows import UNKNOWN, HandedImages, ImageRow
from mtkd_engine.data.images.samples import Stated, content_hash
from mtkd_engine.data.images.sealed import read_sealed_images
from mtkd_engine.data.images.split import divide_images
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.manifest import is_sealed
from mtkd_engine.data.split import SPLITS


def load_images(path: Path, *, cache: Path | None = None) -> ImageDataset:
    """This will read a dataset of images: a sealed folder, class folders or Parquet; raises DataError.

    Images stay on disk until they are asked for. `cache` is a folder where decoded pixels are left for the next
    job on the same content. Outside sealed folders whatever needs a decision is refused: unknown labels, rows
    that say nothing, repeated ids, equal images in train and in val or test; what is missing of val and test is set
    aside from train. Whether images decode is found when they are.
    """
    folder = Path(path)
    if not folder.exists():
        raise DataError(f"{folder} is not there; a folder of images or a sealed dataset is accepted.")
    dataset = _sealed(folder) if is_sealed(folder) else _raw(folder)
    if cache is not None:
        assert isinstance(dataset.images, ImageStore)
        dataset.images.keep_in(cache, content_hash=dataset.content_hash)
    return dataset


def stated_of(rows: Sequence[ImageRow], hashes: Mapping[int, str]) -> dict[str, tuple[Stated, ...]]:
    """This will give divided rows as samples by split, in their order."""
    splits: dict[str, list[Stated]] = {split: [] for split in SPLITS}
    for row in rows:
        assert row.split is not None
        sample = LabelledSample(row.sample_id, row.source, row.label, row.place)
        splits[row.split].append(Stated(sample, hashes[row.place]))
    return {split: tuple(samples) for split, samples in splits.items()}


def _sealed(folder: Path) -> ImageDataset:
    sealed = read_sealed_images(folder)
    return ImageDataset(
        name=sealed.name,
        classes=sealed.classes,
        splits={split: tuple(one.sample for one in samples) for split, samples in sealed.splits.items()},
        images=sealed.images,
        content_hash=sealed.content_hash,
    )


def _raw(path: Path) -> ImageDataset:
    handed = find_images((path,), name=path.resolve().name)
    _refuse_unclear(handed)
    hashes = {row.place: hashlib.sha256(handed.store.encoded(row.place)).hexdigest() for row in handed.rows}
    rows, _ = divide_images(handed.rows, hashes=hashes)
    _refuse_leaks(rows, hashes)
    splits = stated_of(rows, hashes)
    for split in SPLITS:
        if not splits[split]:
            raise DataError(f"{handed.name} has no samples for the split {split}; every split needs some.")
    return ImageDataset(
        name=handed.name,
        classes=handed.classes,
        splits={split: tuple(one.sample for one in samples) for split, samples in splits.items()},
        images=handed.store,
        content_hash=content_hash(handed.classes, splits),
    )


def _refuse_unclear(handed: HandedImages) -> None:
    for file, line, said in handed.unreadable:
        where = file if line is None else f"{file}, row {line}"
        raise DataError(f"{where}: {said}; every image needs a class.")
    seen: set[str] = set()
    for row in handed.rows:
        if row.label == UNKNOWN:
            raise DataError(
                f"{handed.name}: the label of {shown(row.sample_id)} is none of the {len(handed.classes):,} classes."
            )
        if row.sample_id in seen:
            raise DataError(f"{handed.name}: the id {shown(row.sample_id)} is given twice; once is accepted.")
        seen.add(row.sample_id)


def _refuse_leaks(rows: Sequence[ImageRow], hashes: Mapping[int, str]) -> None:
    learned = {hashes[row.place]: row.sample_id for row in rows if row.split == "train"}
    for row in rows:
        if row.split != "train" and hashes[row.place] in learned:
            raise DataError(
                f"{shown(row.sample_id)} of {row.split} is the same image as {shown(learned[hashes[row.place]])} of "
                "train; an image may be in one of them only (`check dataset` leaves it out of train where asked to)."
            )
