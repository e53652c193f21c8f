"""Labelled images in folders that somebody handed in: which form they have, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mtkd_engine.data.detect import SUFFIXES as ANNOTATIONS
from mtkd_engine.data.detect import format_of
from mtkd_engine.data.discovery import AUTO, files_below
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.kinds import SUFFIXES as IMAGES
from mtkd_engine.data.images.readers.folders import FORMAT as FOLDERS
from mtkd_engine.data.images.readers.folders import read_folders
from mtkd_engine.data.images.readers.parquet import FORMAT as PARQUET
from mtkd_engine.data.images.readers.parquet import has_images, read_parquet
from mtkd_engine.data.images.rows import HandedImages
from mtkd_engine.data.images.sealed import read_sealed_images
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.labelled.home import home_of
from mtkd_engine.data.labelled.samples import TASK, rows_of
from mtkd_engine.data.manifest import FILE, SEALED, is_sealed
from mtkd_engine.data.readers import READERS

FORMATS = (FOLDERS, PARQUET)


def holds_images(roots: Iterable[Path]) -> bool:
    """This will say whether folders hold labelled images: Parquet with a column of them, or image files.

    Where annotations of videos lie beside image files, the images are theirs.
    """
    places = list(roots)
    files = [path for root in places for path in files_below(root)]
    if any(path.suffix.lower() == ".parquet" and has_images(path) for path in files):
        return True
    if not any(path.suffix.lower() in IMAGES and path not in places for path in files):
        return False  # one image alone is no dataset
    return not any(path.suffix.lower() in ANNOTATIONS and format_of(path) in READERS for path in files)


def find_images(roots: Sequence[Path], *, name: str, form: str = AUTO) -> HandedImages:
    """This will list labelled images below one folder, or one Parquet file; raises DataError.

    `form` is one of FORMATS where somebody says which; tables of images go before image files otherwise.
    """
    places = [home_of(root, suffixes=IMAGES) for root in roots]
    sealed = [place for place in places if is_sealed(place) and _task(place) == TASK]
    held = sealed or [place for place in places if holds_images((place,))]
    if not held:
        raise DataError(
            f"{name} holds no labelled images; accepted are folders of classes with images "
            f"({', '.join(IMAGES)}), and Parquet files with the columns image and label."
        )
    if len(held) > 1:
        raise DataError(
            f"{name} holds labelled images in {len(held)} places ({held[0].name}, {held[1].name}); one is accepted."
        )
    root = held[0]
    if sealed:
        return _of_sealed(root)
    tables = [path for path in files_below(root) if path.suffix.lower() == ".parquet"]
    if form == PARQUET or (form == AUTO and any(has_images(path) for path in tables)):
        return read_parquet(tables, root=root if root.is_dir() else root.parent, name=name)
    return read_folders(root, name=name)


def _task(place: Path) -> object:
    return read_json_object(place / FILE).get("task")


def _of_sealed(folder: Path) -> HandedImages:
    sealed = read_sealed_images(folder)
    return HandedImages(
        name=sealed.name,
        format=SEALED,
        classes=sealed.classes,
        rows=rows_of(sealed.splits),
        store=sealed.images,
        files=tuple(path for path in sorted(folder.iterdir()) if path.is_file()),
    )
