"""What a page shows of the truth of a dense dataset: one mask, one map, where people looked; read out of one file.

Beside the pictures of a sealed folder (`previews`) lie `masks.bin`, a PNG of classes each, or `gaze.bin` with all
fixations and `maps.bin` with a grey PNG for each frame whose map was handed in.

Shape suffixes: K fixations of a sample or of one frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jobs.models import Blob, Dataset
from jobs.storage.blobs import StorageError, open_seen_blob
from jobs.storage.previews import local_copy

MASKS, MASK_STARTS = "masks.bin", "masks.idx"
LOOKS, LOOK_STARTS = "gaze.bin", "gaze.idx"
MAPS, MAP_STARTS = "maps.bin", "maps.idx"
FIXATION = np.dtype([("x", "<f4"), ("y", "<f4"), ("viewer", "<i4"), ("first", "<i4"), ("stop", "<i4")])
"""As the engine writes them; what reads them there decodes pictures, too, which web processes cannot."""
NOBODY = -1
_LARGEST = 64 << 20


@dataclass(frozen=True)
class Looks:
    """Where people looked at one sample, `FIXATION` by `FIXATION`."""

    looks_K: npt.NDArray[np.void]

    def at(self, frame: int) -> Looks:
        """This will give what was looked at in one frame; a picture has one."""
        return Looks(self.looks_K[(self.looks_K["first"] <= frame) & (frame < self.looks_K["stop"])])

    @property
    def points_K2(self) -> npt.NDArray[np.float32]:
        """x and y in pixels of the whole frame."""
        return np.stack([self.looks_K["x"], self.looks_K["y"]], axis=1)

    @property
    def viewers(self) -> int | None:
        """How many different people looked, None where nobody tells who."""
        known = np.unique(self.looks_K["viewer"][self.looks_K["viewer"] != NOBODY])
        return len(known) or None


def mask_of(dataset: Dataset, *, row: int) -> bytes | None:
    """This will read the mask in a row as its PNG of classes; None of a dataset without masks. Raises StorageError."""
    return _piece(dataset, MASKS, MASK_STARTS, row=row)


def map_of(dataset: Dataset, *, place: int) -> bytes | None:
    """This will read the grey PNG of a frame whose map was handed in; None where none was. Raises StorageError.

    `place` counts all frames that come before it, those of earlier samples included.
    """
    return _piece(dataset, MAPS, MAP_STARTS, row=place) or None


def looks_of(dataset: Dataset, *, row: int) -> Looks | None:
    """This will read where people looked at the sample in a row; None where that is not known. Raises StorageError."""
    content = _piece(dataset, LOOKS, LOOK_STARTS, row=row)
    if not content:
        return None
    if len(content) % FIXATION.itemsize:
        raise StorageError(f"{LOOKS} of {dataset.label} does not fit its index.")
    return Looks(np.frombuffer(content, FIXATION))


def _piece(dataset: Dataset, name: str, starts: str, *, row: int) -> bytes | None:
    """The bytes of one sample out of the file of all; empty where it has none."""
    blobs = _blobs(dataset, name, starts)
    span = None if blobs is None else _span(blobs[starts], dataset, row=row)
    if blobs is None or span is None:
        return None
    first, end = span
    if end > blobs[name].size or end - first > _LARGEST:
        raise StorageError(f"{name} of {dataset.label} does not fit its index.")
    with open_seen_blob(blobs[name], what=f"{name} of {dataset.label}") as stream:
        stream.seek(first)
        return stream.read(end - first)


def _blobs(dataset: Dataset, *names: str) -> dict[str, Blob] | None:
    files = dataset.files.filter(name__in=names).select_related("blob")
    found = {file.name: file.blob for file in files}
    return found if len(found) == len(names) else None


def _span(starts: Blob, dataset: Dataset, *, row: int) -> tuple[int, int] | None:
    places = np.memmap(local_copy(starts), dtype="<u8", mode="r")
    if row + 1 >= len(places):
        return None
    first, end = int(places[row]), int(places[row + 1])
    if first > end:
        raise StorageError(f"An index of {dataset.label} is not in order.")
    return first, end
