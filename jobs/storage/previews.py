"""Local copies of what a page shows of a dataset: its samples and strips, never its features or all its images.

Copies are named by their sha256 below MTKD_HOME/cache/previews. Each is fetched and verified once in every
process; after that, only a change of its size or time makes it suspect.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings

from jobs.models import Blob, Dataset
from jobs.queries.images import ImageFiles
from jobs.queries.kinds import CLASSIFICATION, held_by, is_dense
from jobs.queries.samples import SPLITS, SampleFiles, SampleLines
from jobs.storage.blobs import StorageError, fetch, open_seen_blob
from mtkd_engine.spec.classification.kinds import IMAGES as OF_IMAGES

SAMPLES, INDEX, VIDEOS, STRIPS = "samples.jsonl", "samples.idx", "videos.json", "strips.npy"
IMAGES, OFFSETS = "images.bin", "images.idx"
PLAYS, PLAY_STARTS = "plays.bin", "plays.idx"
_verified: dict[str, tuple[int, int]] = {}


@dataclass(frozen=True, kw_only=True)
class Play:
    """Where the film of one clip lies: in a stored content, `size` bytes from `start` on."""

    blob: Blob
    start: int
    size: int


def sample_files(dataset: Dataset) -> SampleFiles | None:
    """This will fetch what is needed to show samples; None for a dataset that was sealed without them.

    Raises StorageError.
    """
    names = (SAMPLES, INDEX, VIDEOS, STRIPS)
    blobs = {file.name: file.blob for file in dataset.files.filter(name__in=names).select_related("blob")}
    if not {SAMPLES, INDEX, VIDEOS} <= blobs.keys():
        return None
    files = SampleFiles(
        samples=local_copy(blobs[SAMPLES]),
        index=local_copy(blobs[INDEX]),
        videos=local_copy(blobs[VIDEOS]),
        strips=local_copy(blobs[STRIPS]) if STRIPS in blobs else None,
        splits=_splits(dataset),
    )
    _refuse_misfit(files.index, files, dataset)
    return files


def image_files(dataset: Dataset) -> ImageFiles | None:
    """This will fetch what is needed to list images, but not the images; None for a dataset without any.

    Raises StorageError.
    """
    files = labelled_files(dataset)
    return None if files is None or files.offsets is None else files


def labelled_files(dataset: Dataset) -> ImageFiles | None:
    """This will fetch what is needed to list pictures and clips, pictured or not; None for any other dataset.

    Clips may have no pictures, images that are lost are told of. Raises StorageError.
    """
    names = (SAMPLES, INDEX, OFFSETS, IMAGES)
    blobs = {file.name: file.blob for file in dataset.files.filter(name__in=names).select_related("blob")}
    is_pictured = {OFFSETS, IMAGES} <= blobs.keys()
    may_lack = is_dense(dataset.task) or (dataset.task == CLASSIFICATION and held_by(dataset) != OF_IMAGES)
    if not {SAMPLES, INDEX} <= blobs.keys() or not (is_pictured or may_lack):
        return None
    files = ImageFiles(
        samples=local_copy(blobs[SAMPLES]),
        index=local_copy(blobs[INDEX]),
        offsets=local_copy(blobs[OFFSETS]) if is_pictured else None,
        splits=_splits(dataset),
    )
    _refuse_misfit(files.index, files, dataset)
    if files.offsets is not None:
        _refuse_misfit(files.offsets, files, dataset)
    return files


def read_image(dataset: Dataset, files: ImageFiles, *, row: int) -> bytes:
    """This will read the file of one image out of the stored ones; raises StorageError."""
    blob = dataset.files.select_related("blob").get(name=IMAGES).blob
    start, end = files.place_of(row)
    with open_seen_blob(blob, what=f"The images of {dataset.label}") as stream:
        stream.seek(start)
        content = stream.read(end - start)
    if len(content) != end - start:
        raise StorageError(f"The images of {dataset.label} do not fit their index.")
    return content


def has_plays(dataset: Dataset) -> bool:
    """This will say whether clips of a dataset can be played; those that were sealed without films cannot."""
    return dataset.files.filter(name__in=(PLAYS, PLAY_STARTS)).count() == 2


def play_of(dataset: Dataset, *, row: int) -> Play | None:
    """This will find the film of the clip in a row, None where there is none; raises StorageError."""
    files = dataset.files.filter(name__in=(PLAYS, PLAY_STARTS)).select_related("blob")
    blobs = {file.name: file.blob for file in files}
    if len(blobs) < 2:
        return None
    starts = np.memmap(local_copy(blobs[PLAY_STARTS]), dtype="<u8", mode="r")
    if int(starts[-1]) != blobs[PLAYS].size:
        raise StorageError(f"The films of {dataset.label} do not fit their index.")
    if row + 1 >= len(starts):
        return None
    return Play(blob=blobs[PLAYS], start=int(starts[row]), size=int(starts[row + 1]) - int(starts[row]))


def _splits(dataset: Dataset) -> dict[str, int]:
    counts = {name: split["samples"] for name, split in (dataset.report.get("splits") or {}).items()}
    return {name: counts.get(name, 0) for name in SPLITS}


def _refuse_misfit(index: Path, files: SampleLines, dataset: Dataset) -> None:
    if index.stat().st_size != 8 * (len(files.rows("")) + 1):
        raise StorageError(f"The index of the samples of {dataset.label} does not fit its report.")


def local_copy(blob: Blob) -> Path:
    """This will give a verified copy of a stored content on this host; raises StorageError."""
    path = _root() / blob.sha256
    if path.is_file() and _verified.get(str(path)) == _mark(path):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_forgotten()
    fetch(blob, path)
    _verified[str(path)] = _mark(path)
    return path


def _remove_forgotten() -> None:
    """Copies of what was deleted would keep its bytes on the disk; fetching is rare enough to look after them."""
    here = {path.name: path for path in _root().iterdir() if not path.name.startswith(".")}
    known = set(Blob.objects.filter(sha256__in=here).values_list("sha256", flat=True))
    for name in here.keys() - known:
        here[name].unlink(missing_ok=True)
        _verified.pop(str(here[name]), None)


def _root() -> Path:
    return Path(settings.MTKD_HOME) / "cache" / "previews"


def _mark(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
