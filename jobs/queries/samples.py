"""The samples of a sealed dataset: a page of them, one of them, what its video shows.

Lines are found by their offsets; only a search reads more than it returns, and no more than SEARCHED lines.
"""

from __future__ import annotations

import functools
import itertools
import json
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SPLITS = ("train", "val", "test")
SEARCHED = 200_000
_SIBLINGS = 250


@dataclass(frozen=True, kw_only=True)
class SampleLines:
    """Where the lines of a sealed dataset lie on this host, and how many samples each split has."""

    samples: Path
    index: Path
    splits: dict[str, int]

    def rows(self, split: str) -> range:
        """This will give the rows of a split, or all rows for the empty name."""
        if not split:
            return range(sum(self.splits.get(name, 0) for name in SPLITS))
        before = SPLITS[: SPLITS.index(split)]
        start = sum(self.splits.get(name, 0) for name in before)
        return range(start, start + self.splits.get(split, 0))


@dataclass(frozen=True, kw_only=True)
class SampleFiles(SampleLines):
    """What there is beside the lines of annotated videos; `strips` is None for a dataset without features."""

    videos: Path
    strips: Path | None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One sentence and where it happens; `row` counts over all splits. Times in seconds."""

    row: int
    id: str
    split: str
    source: str
    video: str
    duration: float
    windows: tuple[tuple[float, float], ...]
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """Samples of a page, the number of all that match, and whether the search ended before the last line."""

    samples: list[Sample]
    total: int
    is_cut: bool = False


def list_samples(
    files: SampleFiles, *, split: str = "", text: str = "", skip: int = 0, limit: int = 50
) -> Found:
    """This will list samples in their order, of one split or all.

    `text` keeps those whose sentence, id or video holds it, in either case.
    """
    rows = files.rows(split)
    if not text.strip():
        chosen = list(rows[skip : skip + limit])
        return Found(samples=read_samples(files, chosen), total=len(rows))
    matching = list(_matching(files, rows[:SEARCHED], text.strip().lower()))
    chosen = matching[skip : skip + limit]
    return Found(samples=read_samples(files, chosen), total=len(matching), is_cut=len(rows) > SEARCHED)


def samples_after(
    files: SampleFiles, *, after: int, split: str = "", text: str = "", limit: int = 50
) -> tuple[list[Sample], int | None]:
    """This will list the samples behind row `after`, as `list_samples` does; -1 begins at the first.

    With them comes the row to go on after, None when there is nothing behind it.
    """
    rows = files.rows(split)
    rows = range(max(rows.start, after + 1), rows.stop)
    if not text.strip():
        found, read = list(rows[:limit]), rows[:limit]
    else:
        read = rows[:SEARCHED]
        found = list(itertools.islice(_matching(files, read, text.strip().lower()), limit))
        if len(found) == limit:
            read = range(read.start, found[-1] + 1)
    return read_samples(files, found), read[-1] if read and read.stop < rows.stop else None


def read_samples(files: SampleFiles, rows: list[int]) -> list[Sample]:
    """This will read the samples of the given rows."""
    if not rows:
        return []
    offsets = offsets_of(files)
    with files.samples.open("rb") as lines:
        found = []
        for row in rows:
            lines.seek(int(offsets[row]))
            found.append(_sample(row, lines.read(int(offsets[row + 1] - offsets[row]))))
    return found


def samples_of_video(files: SampleFiles, video: str) -> list[Sample]:
    """This will list the samples of a video, the first few hundred of them."""
    offsets = offsets_of(files)
    rows: set[int] = set()
    spellings = {json.dumps(video, ensure_ascii=ascii_only).encode() for ascii_only in (True, False)}
    with files.samples.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines:
        for spelling in spellings:
            at = lines.find(spelling)
            while at >= 0 and len(rows) < _SIBLINGS:
                row = int(np.searchsorted(offsets, at, side="right")) - 1
                rows.add(row)
                at = lines.find(spelling, int(offsets[row + 1]))
    return [sample for sample in read_samples(files, sorted(rows)) if sample.video == video]


def find_sample(files: SampleFiles, sample_id: str) -> Sample | None:
    """This will find a sample by its id."""
    offsets = offsets_of(files)
    spellings = {json.dumps(sample_id, ensure_ascii=ascii_only).encode() for ascii_only in (True, False)}
    with files.samples.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines:
        for spelling in spellings:
            at = lines.find(spelling)
            while at >= 0:  # a video may have the name of another's sample
                row = int(np.searchsorted(offsets, at, side="right")) - 1
                sample = _sample(row, lines[int(offsets[row]) : int(offsets[row + 1])])
                if sample.id == sample_id:
                    return sample
                at = lines.find(spelling, int(offsets[row + 1]))
    return None


def video_of(files: SampleFiles, video: str) -> tuple[npt.NDArray[np.uint8] | None, str]:
    """This will give a video's strip (16, 96) and the name of its playable file, each if there is one."""
    entry = _videos(files.videos, files.videos.stat().st_mtime_ns).get(video) or {}
    row, strip = entry.get("strip"), None
    if files.strips is not None and row is not None:
        strip = np.array(np.load(files.strips, mmap_mode="r", allow_pickle=False)[row])
    return strip, entry.get("file") or ""


@functools.lru_cache(maxsize=4)
def _videos(path: Path, _mtime_ns: int) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(path.read_bytes())
    return known


def offsets_of(files: SampleLines) -> npt.NDArray[np.uint64]:
    """This will give where each line begins, and where the last one ends."""
    return np.memmap(files.index, dtype="<u8", mode="r")


def _matching(files: SampleFiles, rows: range, text: str) -> Iterator[int]:
    """Rows whose words hold `text`. A line that lacks the plain bytes of the text is not even parsed."""
    if not rows:
        return
    plain = text.encode() if text.isascii() and text.isprintable() and not set(text) & set('"\\') else b""
    with files.samples.open("rb") as lines:
        lines.seek(int(offsets_of(files)[rows.start]))
        for row, line in zip(rows, lines, strict=False):
            if plain in line.lower() and _says(_sample(row, line), text):
                yield row


def _says(sample: Sample, text: str) -> bool:
    return any(text in part.lower() for part in (sample.sentence, sample.id, sample.video))


def _sample(row: int, line: bytes) -> Sample:
    given = json.loads(line)
    words = {key: str(given[key]) for key in ("id", "split", "source", "video", "sentence")}
    windows = tuple((float(start), float(end)) for start, end in given["windows"])
    return Sample(row=row, duration=float(given["duration"]), windows=windows, **words)
