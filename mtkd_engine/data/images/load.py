"""Reading a dataset of images that a job works on, sealed or not."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.dataset import ImageDataset
from mtkd_engine.data.images.finding import find_images
from mtkd_engine.data.images.samples import StatedImage
from mtkd_engine.data.images.sealed import read_sealed_images
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.labelled.dividing import divide_rows
from mtkd_engine.data.labelled.nouns import IMAGE
from mtkd_engine.data.labelled.refusing import refuse_empty, refuse_leaks, refuse_unclear
from mtkd_engine.data.labelled.samples import content_hash, stated_rows
from mtkd_engine.data.manifest import is_sealed


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
    refuse_unclear(handed, accepted={"unreadable_rows": "every image needs a class"})
    hashes = {row.place: hashlib.sha256(handed.store.encoded(row.place)).hexdigest() for row in handed.rows}
    rows, _ = divide_rows(handed.rows, hashes=hashes)
    refuse_leaks(rows, hashes, noun=IMAGE)
    splits = stated_rows(rows, lambda sample: StatedImage(sample, hashes[sample.place]))
    refuse_empty(splits, name=handed.name)
    return ImageDataset(
        name=handed.name,
        classes=handed.classes,
        splits={split: tuple(one.sample for one in samples) for split, samples in splits.items()},
        images=handed.store,
        content_hash=content_hash(handed.classes, splits),
    )
