"""Where people looked, by the place of a sample in its dataset.

Shape suffixes: K fixations, H and W pixels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.clips.parts import FileParts
from mtkd_engine.data.clips.rows import Stretch
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.gaze.rows import Files
from mtkd_engine.data.images.decode import MOST_BYTES, decode_whole

FIXATION = np.dtype([("x", "<f4"), ("y", "<f4"), ("viewer", "<i4"), ("first", "<i4"), ("stop", "<i4")])
"""Pixels of the whole frame from its corner; a number for each viewer, -1 where nobody tells; the frames of a video
from `first` to before `stop`, of a picture 0 and 1."""
Fixations = NDArray[np.void]
NOBODY = -1


class Gaze(ABC):
    """Fixations of samples by place, 0 to N - 1, and maps that were given instead of them or beside them."""

    @abstractmethod
    def __len__(self) -> int:
        """This will give the number of places."""

    @abstractmethod
    def frame(self, place: int) -> tuple[int, int]:
        """This will give height and width of the whole picture or of the frames of a video, in pixels."""

    @abstractmethod
    def looks(self, place: int) -> Fixations:
        """This will give all fixations of one sample, (K,) of `FIXATION`."""

    @abstractmethod
    def encoded_map(self, place: int, frame: int = 0) -> bytes:
        """This will give the file of the map that was given, nothing where none was."""

    def fixations(self, place: int, frame: int = 0) -> NDArray[np.float32]:
        """This will give x and y of the fixations on one frame, (K, 2), in pixels of the whole frame."""
        return points_of(self._at(place, frame))

    def viewers(self, place: int, frame: int = 0) -> NDArray[np.int32]:
        """This will give who looked there, (K,), in the order of `fixations`."""
        viewers_K: NDArray[np.int32] = np.ascontiguousarray(self._at(place, frame)["viewer"])
        return viewers_K

    def map(self, place: int, frame: int = 0) -> NDArray[np.uint8] | None:
        """This will give the map that was given, (H, W) of its own size, None where none was; raises DataError."""
        content = self.encoded_map(place, frame)
        return grey_of(content) if content else None

    def _at(self, place: int, frame: int) -> Fixations:
        looks_K = self.looks(place)
        return looks_K[(looks_K["first"] <= frame) & (frame < looks_K["stop"])]


class HeldGaze(Gaze):
    """Fixations in memory; maps by place and frame are files."""

    def __init__(
        self,
        looks: Sequence[Fixations],
        *,
        frames: Sequence[tuple[int, int]],
        maps: Sequence[Files],
    ) -> None:
        """This will hold fixations, sizes of frames, and where maps lie frame by frame."""
        self._looks, self._frames, self._maps = looks, frames, maps

    def __len__(self) -> int:
        return len(self._looks)

    def frame(self, place: int) -> tuple[int, int]:
        """This will give height and width in pixels."""
        return self._frames[place]

    def looks(self, place: int) -> Fixations:
        """This will give all fixations of one sample."""
        return self._looks[place]

    def encoded_map(self, place: int, frame: int = 0) -> bytes:
        """This will read the file of a map; raises DataError."""
        files = self._maps[place]
        return read_file(files[frame] if frame < len(files) else None)


def read_file(given: Path | Stretch | None) -> bytes:
    """This will read a file or a part of one, nothing where there is none; raises DataError."""
    if given is None:
        return b""
    path = given.path if isinstance(given, Stretch) else given
    try:
        if isinstance(given, Stretch):
            return FileParts(path).read(given.start, given.stop)
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from None


def points_of(looks_K: Fixations) -> NDArray[np.float32]:
    """This will give x and y of fixations, (K, 2)."""
    return np.stack([looks_K["x"], looks_K["y"]], axis=1)


def grey_of(content: bytes) -> NDArray[np.uint8]:
    """This will decode a map to grey levels, (H, W); raises DataError for what is no picture."""
    levels_HWC = decode_whole(content)
    return np.asarray(Image.fromarray(levels_HWC).convert("L"))


def as_png(map_HW: NDArray[np.uint8]) -> bytes:
    """This will write a map as a grey PNG."""
    written = BytesIO()
    Image.fromarray(map_HW).save(written, "PNG")
    return written.getvalue()


def fixations_of(
    points_K2: NDArray[np.floating],
    *,
    viewers_K: NDArray[np.integer] | None = None,
    first_K: NDArray[np.integer] | None = None,
    stop_K: NDArray[np.integer] | None = None,
) -> Fixations:
    """This will put fixations together; by nobody, on the first frame, where nothing else is said."""
    looks_K = np.zeros(len(points_K2), FIXATION)
    looks_K["x"], looks_K["y"] = points_K2[:, 0], points_K2[:, 1]
    looks_K["viewer"] = NOBODY if viewers_K is None else viewers_K
    looks_K["first"] = 0 if first_K is None else first_K
    looks_K["stop"] = 1 if stop_K is None else stop_K
    return looks_K
