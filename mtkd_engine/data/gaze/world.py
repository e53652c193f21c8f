"""The generated world of gaze as a dataset folder: pictures with blobs that attract people, videos where one moves.

pictures: train/NAME.png, val/..., test/... and fixations.csv: two blobs of one brightness, of which the warm one is
          looked at and the cold one is not
videos:   NAME.mp4 and fixations.csv: two blobs of one look, of which the one that moves is looked at, in time
Fixations are of five viewers who are off by a few pixels.

Shape suffixes: H and W pixels, C channels (3).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.clips.world import HEIGHT, RATE, WIDTH, encode
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.data.split import SPLITS

TABLE = "fixations.csv"
VIEWERS, LOOKS = 5, 4
"""People, and how often each looks at a picture or, of a video, in a second."""
WARM, COLD = (230.0, 150.0, 60.0), (60.0, 150.0, 230.0)
_OFF = 0.04
"""How far off people look, as a share of the width."""
_SMALLEST, _LARGEST = 16, 512


@dataclass(frozen=True)
class LookedAtPerSplit:
    """How many pictures or videos each split gets."""

    train: int = 300
    val: int = 60
    test: int = 120


FILMS = LookedAtPerSplit(24, 8, 12)
"""Of videos, which cost more than pictures."""


@dataclass(frozen=True)
class _Blob:
    """A disc that fades out; `step` is how far it goes in a frame, in pixels."""

    at: NDArray[np.float64]
    step: NDArray[np.float64]
    radius: float
    colour: tuple[float, float, float]


def make_gaze(
    out: Path,
    *,
    pictures: LookedAtPerSplit = LookedAtPerSplit(),
    size: int = 32,
    difficulty: float = 0.5,
    seed: int = 7,
) -> dict[str, Any]:
    """This will write pictures and a table of fixations into the new folder `out` and report on them.

    All or nothing is written; the higher `difficulty` (0 to 1), the more noise there is. The same arguments give the
    same pixels. Raises DataError for arguments out of range and for a folder that is there.
    """
    _refuse_odd(difficulty=difficulty, seed=seed)
    if not _SMALLEST <= size <= _LARGEST:
        raise DataError(f"size: given {size}, accepted are {_SMALLEST} to {_LARGEST} pixels.")
    rows: list[tuple[Any, ...]] = []
    with new_folder(out) as folder:
        for number, split in enumerate(SPLITS):
            random = np.random.default_rng([seed, number])
            (folder / split).mkdir()
            for row in range(asdict(pictures)[split]):
                name = f"{split}/{row:05d}.png"
                blobs = _blobs(random, height=size, width=size, moving=False)
                drawn_HWC = _drawn(blobs, 0, height=size, width=size, noise=60 * difficulty, random=random)
                Image.fromarray(drawn_HWC).save(folder / name, compress_level=1)
                rows += [
                    (name, split, viewer, *_look(blobs[0], 0, random, height=size, width=size))
                    for viewer in range(VIEWERS)
                    for _ in range(LOOKS)
                ]
        _write(folder, ("image", "split", "subject", "x", "y"), rows)
    return _told(pictures, difficulty=difficulty, seed=seed) | {"kind": "gaze", "size": size}


def make_gaze_videos(
    out: Path,
    *,
    videos: LookedAtPerSplit = FILMS,
    frames: int = 24,
    difficulty: float = 0.5,
    seed: int = 7,
) -> dict[str, Any]:
    """This will write videos and a table of timed fixations into the new folder `out` and report on them.

    As of pictures, but that how frames are encoded may differ between versions of libraries.
    """
    _refuse_odd(difficulty=difficulty, seed=seed)
    if not 2 <= frames <= 600:
        raise DataError(f"frames: given {frames}, accepted are 2 to 600.")
    rows: list[tuple[Any, ...]] = []
    with new_folder(out) as folder:
        for number, split in enumerate(SPLITS):
            random = np.random.default_rng([seed, number])
            for row in range(asdict(videos)[split]):
                name = f"{split}-{row:04d}"
                blobs = _blobs(random, height=HEIGHT, width=WIDTH, moving=True)
                encode(folder / f"{name}.mp4", _film(blobs, frames, noise=30 * difficulty, random=random))
                rows += [(name, split, *look) for look in _looks(blobs[0], frames, random)]
        _write(folder, ("video", "split", "subject", "start_ms", "duration_ms", "x", "y"), rows)
    return _told(videos, difficulty=difficulty, seed=seed) | {"kind": "gaze_video", "frames": frames}


def _told(samples: LookedAtPerSplit, *, difficulty: float, seed: int) -> dict[str, Any]:
    return {"task": "saliency", "seed": seed, "difficulty": difficulty, "splits": asdict(samples)}


def _refuse_odd(*, difficulty: float, seed: int) -> None:
    if not 0 <= difficulty <= 1:
        raise DataError(f"difficulty: given {difficulty}, accepted is a number from 0 to 1.")
    if seed < 0:
        raise DataError(f"seed is {seed}; 0 or a larger whole number is accepted.")


def _blobs(random: np.random.Generator, *, height: int, width: int, moving: bool) -> list[_Blob]:
    """The one that is looked at and the other; they begin in different halves."""
    halves = random.permutation(2)
    blobs = []
    for number, half in enumerate(halves.tolist()):
        across = (0.5 * half + random.uniform(0.12, 0.38)) * width
        at = np.array([across, random.uniform(0.2, 0.8) * height])
        angle = random.uniform(0, 2 * np.pi)
        step = 0.012 * width * np.array([np.cos(angle), np.sin(angle)]) * (moving and number == 0)
        colour = COLD if number and not moving else WARM
        blobs.append(_Blob(at, step, 0.09 * width * random.uniform(0.8, 1.2), colour))
    return blobs


def _place(blob: _Blob, frame: int, *, height: int, width: int) -> NDArray[np.float64]:
    """Where a blob is in a frame: it turns back at the edges."""
    size_2 = np.array([width, height], np.float64)
    gone_2 = (blob.at + frame * blob.step) % (2 * size_2)
    return np.where(gone_2 > size_2, 2 * size_2 - gone_2, gone_2)


def _drawn(
    blobs: list[_Blob], frame: int, *, height: int, width: int, noise: float, random: np.random.Generator
) -> NDArray[np.uint8]:
    rows_HW, columns_HW = np.mgrid[:height, :width] + 0.5
    drawn_HWC = np.full((height, width, 3), 70.0)
    for blob in blobs:
        x, y = _place(blob, frame, height=height, width=width)
        share_HW = np.exp(-((columns_HW - x) ** 2 + (rows_HW - y) ** 2) / (2 * blob.radius**2))
        drawn_HWC += share_HW[:, :, None] * (np.array(blob.colour) - 70)
    drawn_HWC += random.normal(0, noise, (height, width, 1))
    levels_HWC: NDArray[np.uint8] = np.clip(drawn_HWC, 0, 255).astype(np.uint8)
    return levels_HWC


def _film(
    blobs: list[_Blob], frames: int, *, noise: float, random: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    for frame in range(frames):
        yield _drawn(blobs, frame, height=HEIGHT, width=WIDTH, noise=noise, random=random)


def _look(
    blob: _Blob, frame: int, random: np.random.Generator, *, height: int, width: int
) -> tuple[float, float]:
    x, y = _place(blob, frame, height=height, width=width) + random.normal(0, _OFF * width, 2)
    return round(float(np.clip(x, 0, width - 0.01)), 2), round(float(np.clip(y, 0, height - 0.01)), 2)


def _looks(
    blob: _Blob, frames: int, random: np.random.Generator
) -> Iterator[tuple[int, int, int, float, float]]:
    """Each viewer looks again and again, every time at where the blob then is."""
    every = 1000 // LOOKS
    for viewer in range(VIEWERS):
        for start in range(0, 1000 * frames // RATE, every):
            frame = min((start + every // 2) * RATE // 1000, frames - 1)
            yield viewer, start, every, *_look(blob, frame, random, height=HEIGHT, width=WIDTH)


def _write(folder: Path, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file, lineterminator="\n")
        written.writerow(header)
        written.writerows(rows)
