"""Streams and features of clips behind one face each, and how a sealed dataset keeps them.

Shape suffixes: N clips, T rows of features, D columns, R rows of all clips one after another, F frames.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.clips.parts import FileParts, FileRows, Floats
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.sealing.samples import FILE as SAMPLES

STREAMS, STARTS = "clips.bin", "clips.idx"
MOTION, FRAMES = "motion.bin", "frames.idx"
VALUES, LENGTHS = "features.npy", "lengths.npy"
GRID = (32, 43, 2)
"""Rows, columns and directions of the motion vectors of one frame: a cell for 8 x 8 pixels."""
_GRID_BYTES = GRID[0] * GRID[1] * GRID[2]


class ClipStore(ABC):
    """Streams of clips by place, 0 to N - 1."""

    @abstractmethod
    def __len__(self) -> int:
        """This will give the number of places."""

    @abstractmethod
    def stream(self, place: int) -> bytes:
        """This will give the MPEG-4 stream of one clip; raises DataError where there is none."""

    @abstractmethod
    def frames(self, place: int) -> int:
        """This will give the number of frames of one clip."""

    @abstractmethod
    def gops(self, place: int) -> tuple[int, ...]:
        """This will give the first frame of each group of pictures of one clip."""

    @abstractmethod
    def grid(self, place: int) -> NDArray[np.int8]:
        """This will give the motion vectors of one clip in pixels, (F, 32, 43, 2), zeros on I-frames."""


class FeatureStore(ABC):
    """Features of clips by place, 0 to N - 1, all of one width."""

    width: int
    longest: int

    @abstractmethod
    def __len__(self) -> int:
        """This will give the number of places."""

    @abstractmethod
    def length(self, place: int) -> int:
        """This will give how many rows one clip has."""

    @abstractmethod
    def row(self, place: int) -> Floats:
        """This will give the features of one clip as they are kept, (T, D), of 16 or 32 bits."""

    def rows(
        self, places: Sequence[int] | NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """This will give features (N, T, D) and how many rows each clip has, (N,); T is that of the longest clip.

        What a shorter clip lacks are zeros.
        """
        places_N = np.asarray(places, dtype=np.int64).reshape(-1)
        values_NTD = np.zeros((len(places_N), self.longest, self.width), np.float32)
        lengths_N = np.zeros(len(places_N), np.int64)
        for number, place in enumerate(places_N.tolist()):
            values_TD = self.row(place)
            lengths_N[number] = len(values_TD)
            values_NTD[number, : len(values_TD)] = values_TD
        return values_NTD, lengths_N


class SealedClips(ClipStore):
    """Streams and motion vectors in one file each, found by where those of each clip begin."""

    def __init__(self, folder: Path, *, gops: Sequence[tuple[int, ...]]) -> None:
        self._gops = gops
        self._starts = _starts(folder, STARTS, count=len(gops))
        self._frames = _starts(folder, FRAMES, count=len(gops))
        self._streams = _parts(folder, STREAMS, size=int(self._starts[-1]))
        self._motion = _parts(folder, MOTION, size=int(self._frames[-1]) * _GRID_BYTES)

    def __len__(self) -> int:
        return len(self._gops)

    def stretch(self, place: int) -> tuple[int, int]:
        """This will give where the stream of one clip begins and ends in clips.bin."""
        return int(self._starts[place]), int(self._starts[place + 1])

    def stream(self, place: int) -> bytes:
        """This will read the stream of one clip."""
        return self._streams.read(*self.stretch(place))

    def frames(self, place: int) -> int:
        """This will give the number of frames of one clip."""
        return int(self._frames[place + 1]) - int(self._frames[place])

    def gops(self, place: int) -> tuple[int, ...]:
        """This will give the first frame of each group of pictures of one clip."""
        return self._gops[place]

    def grid(self, place: int) -> NDArray[np.int8]:
        """This will give the motion vectors of one clip, (F, 32, 43, 2), out of the file: nothing is decoded."""
        first, stop = int(self._frames[place]), int(self._frames[place + 1])
        content = self._motion.read(first * _GRID_BYTES, stop * _GRID_BYTES)
        return np.frombuffer(content, np.int8).reshape(-1, *GRID)


class SealedFeatures(FeatureStore):
    """Features of all clips one after another in one array, (R, D), and how many rows each has."""

    def __init__(self, folder: Path, *, count: int) -> None:
        try:
            self._values_RD = FileRows(folder / VALUES)
            lengths_N = np.load(folder / LENGTHS, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"{VALUES} and {LENGTHS} cannot be read ({error}).") from None
        is_whole = (
            len(self._values_RD.shape) == 2
            and self._values_RD.dtype in (np.float16, np.float32)
            and lengths_N.shape == (count,)
            and lengths_N.dtype == np.int64
            and bool(((lengths_N >= 1) & (lengths_N <= len(self._values_RD))).all())
            and int(lengths_N.sum()) == len(self._values_RD)
        )
        if not is_whole:
            raise DataError(f"{VALUES} and {LENGTHS} do not fit {SAMPLES}; the sealed folder is not whole.")
        self._starts_N = np.concatenate([[0], np.cumsum(lengths_N)])
        self.width = self._values_RD.shape[1]
        self.longest = int(lengths_N.max(initial=1))

    def __len__(self) -> int:
        return len(self._starts_N) - 1

    def length(self, place: int) -> int:
        """This will give how many rows one clip has."""
        return int(self._starts_N[place + 1]) - int(self._starts_N[place])

    def row(self, place: int) -> Floats:
        """This will give the features of one clip, (T, D)."""
        return self._values_RD.read(int(self._starts_N[place]), int(self._starts_N[place + 1]))


def _starts(folder: Path, name: str, *, count: int) -> NDArray[np.uint64]:
    try:
        starts = np.fromfile(folder / name, dtype="<u8")
    except OSError as error:
        raise DataError(f"{name} cannot be read ({error.strerror}).") from None
    if len(starts) != count + 1 or starts[0] != 0 or bool((starts[1:] < starts[:-1]).any()):
        raise DataError(f"{name} does not fit {SAMPLES}; the sealed folder is not whole.")
    return starts


def _parts(folder: Path, name: str, *, size: int) -> FileParts:
    try:
        found = FileParts(folder / name)
    except OSError as error:
        raise DataError(f"{name} cannot be read ({error.strerror}).") from None
    if found.size != size:
        raise DataError(
            f"{name} has {found.size:,} bytes where {size:,} are stated; the sealed folder is not whole."
        )
    return found
