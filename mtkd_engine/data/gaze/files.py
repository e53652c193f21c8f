"""How a sealed dataset keeps where people looked.

gaze.bin, gaze.idx   fixations of all samples one after another, and where those of each begin
maps.bin, maps.idx   maps that were given, as grey PNG, frame by frame of all samples, and where each begins

Shape suffixes: N samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.clips.parts import FileParts
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.gaze.looks import FIXATION, Fixations, Gaze, as_png
from mtkd_engine.data.labelled.sealing import write_starts
from mtkd_engine.data.sealing.samples import FILE as SAMPLES

LOOKS, LOOK_STARTS = "gaze.bin", "gaze.idx"
MAPS, MAP_STARTS = "maps.bin", "maps.idx"


class SealedGaze(Gaze):
    """Fixations and maps in two files, read when they are asked for."""

    def __init__(self, folder: Path, *, frames: Sequence[tuple[int, int]], counts: Sequence[int]) -> None:
        """This will open both; `counts` are the frames of each sample, 1 of a picture. Raises DataError."""
        self._frames = frames
        self._firsts_N = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._looks, self._look_starts = _opened(folder, LOOKS, LOOK_STARTS, count=len(frames))
        self._maps, self._map_starts = _opened(folder, MAPS, MAP_STARTS, count=int(self._firsts_N[-1]))

    def __len__(self) -> int:
        return len(self._frames)

    def frame(self, place: int) -> tuple[int, int]:
        """This will give height and width in pixels."""
        return self._frames[place]

    def looks(self, place: int) -> Fixations:
        """This will read the fixations of one sample."""
        content = self._looks.read(int(self._look_starts[place]), int(self._look_starts[place + 1]))
        return np.frombuffer(content, FIXATION)

    def encoded_map(self, place: int, frame: int = 0) -> bytes:
        """This will read a map that was given, nothing where none was."""
        return self._maps.read(*self.stretch(place, frame))

    def stretch(self, place: int, frame: int) -> tuple[int, int]:
        """This will give where the map of a frame begins and ends in maps.bin."""
        at = int(self._firsts_N[place]) + frame
        return int(self._map_starts[at]), int(self._map_starts[at + 1])


def write_gaze(
    folder: Path,
    places: Sequence[int],
    gaze: Gaze,
    *,
    counts: Sequence[int],
    told: Callable[[int], None],
) -> None:
    """This will write fixations and maps of the samples at these places, whose frames are `counts`."""
    look_starts, map_starts = [0], [0]
    with (folder / LOOKS).open("xb") as looks, (folder / MAPS).open("xb") as maps:
        for done, (place, count) in enumerate(zip(places, counts, strict=True), start=1):
            look_starts.append(look_starts[-1] + looks.write(gaze.looks(place).tobytes()))
            for frame in range(count):
                given_HW = gaze.map(place, frame)
                content = b"" if given_HW is None else as_png(given_HW)
                map_starts.append(map_starts[-1] + maps.write(content))
            told(done)
    write_starts(folder / LOOK_STARTS, look_starts)
    write_starts(folder / MAP_STARTS, map_starts)


def _opened(folder: Path, name: str, index: str, *, count: int) -> tuple[FileParts, NDArray[np.uint64]]:
    try:
        starts = np.fromfile(folder / index, dtype="<u8")
        parts = FileParts(folder / name)
    except OSError as error:
        raise DataError(f"{name} and {index} cannot be read ({error.strerror}).") from None
    is_whole = len(starts) == count + 1 and starts[0] == 0 and not bool((starts[1:] < starts[:-1]).any())
    if not is_whole or int(starts[-1]) != parts.size:
        raise DataError(f"{name} and {index} do not fit {SAMPLES}; the sealed folder is not whole.")
    return parts, starts
