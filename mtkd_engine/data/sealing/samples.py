"""Samples as lines of a file: written once, read whole or a few at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.rows import Row, Window
from mtkd_engine.data.split import SPLITS

FILE = "samples.jsonl"
INDEX = "samples.idx"


@dataclass(frozen=True)
class Sample:
    """One sentence on one video; times in seconds."""

    sample_id: str
    source_id: str
    video_id: str
    duration: float
    windows: tuple[Window, ...]
    sentence: str


@dataclass(frozen=True)
class WordVectors:
    """Words and, row by row, their vectors (N, W)."""

    words: tuple[str, ...]
    vectors: NDArray[np.float32]


def samples_of(rows: Iterable[Row]) -> dict[str, tuple[Sample, ...]]:
    """This will give usable rows as samples by split, in their order."""
    splits: dict[str, list[Sample]] = {split: [] for split in SPLITS}
    for row in rows:
        assert row.split is not None
        assert row.duration is not None
        splits[row.split].append(
            Sample(
                sample_id=row.sample_id,
                source_id=row.source,
                video_id=row.video_id,
                duration=row.duration,
                windows=tuple((start + 0.0, end) for start, end in row.windows),  # -0.0 is 0.0
                sentence=row.sentence,
            )
        )
    return {split: tuple(samples) for split, samples in splits.items()}


def line_of(split: str, sample: Sample) -> bytes:
    """This will give the one line that stands for a sample, in files and in hashes."""
    stated = {
        "id": sample.sample_id,
        "split": split,
        "source": sample.source_id,
        "video": sample.video_id,
        "duration": sample.duration,
        "windows": sample.windows,
        "sentence": sample.sentence,
    }
    return json.dumps(stated, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def content_hash(
    splits: Mapping[str, Sequence[Sample]],
    *,
    task: str,
    features: Mapping[str, str] | None,
    words: WordVectors | None,
) -> str:
    """This will give the sha256 of what a dataset says, whatever files it lies in.

    `features` are the sha256 of the arrays of the annotated videos.
    """
    lines = hashlib.sha256()
    for split in SPLITS:
        for sample in splits.get(split, ()):
            lines.update(line_of(split, sample))
    stated = {
        "task": task,
        "samples": lines.hexdigest(),
        "features": dict(features) if features is not None else None,
        "words": _hash_of(words) if words is not None else None,
    }
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()


def _hash_of(words: WordVectors) -> str:
    vectors = np.ascontiguousarray(words.vectors, dtype="<f4")
    stated = json.dumps([words.words, vectors.shape]).encode()
    return hashlib.sha256(stated + b"\n" + vectors.tobytes()).hexdigest()


def write_samples(folder: Path, splits: Mapping[str, Sequence[Sample]]) -> None:
    """This will write samples.jsonl in the order train, val, test, and where each line begins."""
    offsets = [0]
    with (folder / FILE).open("wb") as stream:
        for split in SPLITS:
            for sample in splits[split]:
                offsets.append(offsets[-1] + stream.write(line_of(split, sample)))
    (folder / INDEX).write_bytes(np.array(offsets, dtype="<u8").tobytes())


def read_samples(folder: Path) -> dict[str, tuple[Sample, ...]]:
    """This will read all samples of a sealed dataset by split."""
    splits: dict[str, list[Sample]] = {split: [] for split in SPLITS}
    try:
        with (folder / FILE).open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                split, sample = _sample(line, where=f"{FILE}, row {number}")
                splits[split].append(sample)
    except OSError as error:
        raise DataError(f"{FILE} cannot be read ({error.strerror}).") from None
    return {split: tuple(samples) for split, samples in splits.items()}


def read_slice(folder: Path, *, start: int, stop: int) -> list[dict[str, Any]]:
    """This will give the samples from place `start` to before `stop` as they stand, reading no others."""
    try:
        offsets = np.memmap(folder / INDEX, dtype="<u8", mode="r")
        start, stop = max(0, start), min(stop, len(offsets) - 1)
        if stop <= start:
            return []
        with (folder / FILE).open("rb") as stream:
            stream.seek(int(offsets[start]))
            lines = stream.read(int(offsets[stop] - offsets[start])).splitlines()
        return [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        raise DataError(f"{FILE} and {INDEX} cannot be read ({error}).") from None


def _sample(line: bytes, *, where: str) -> tuple[str, Sample]:
    try:
        stated = json.loads(line)
        split = stated["split"]
        if split not in SPLITS:
            raise ValueError(f"the split is {shown(split)}")
        windows = tuple((float(start), float(end)) for start, end in stated["windows"])
        if not windows:
            raise ValueError("there is no window")
        return split, Sample(
            sample_id=str(stated["id"]),
            source_id=str(stated["source"]),
            video_id=str(stated["video"]),
            duration=float(stated["duration"]),
            windows=windows,
            sentence=str(stated["sentence"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(f"{where}: the line is no sample of a sealed dataset ({error}).") from None
