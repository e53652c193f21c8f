"""Samples of clips as lines of a file, and the hash of what a dataset of them says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.images.samples import Stated
from mtkd_engine.data.images.samples import content_hash as labelled_hash
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.sealing.samples import FILE
from mtkd_engine.data.split import SPLITS

_LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class StatedClip(Stated):
    """A sample, the sha256 of its file or rows, and what is known of it; sizes in pixels are those handed in."""

    frames: int = 0
    rate: float = 0.0
    gops: tuple[int, ...] = ()


def line_of(split: str, stated: StatedClip) -> bytes:
    """This will give the one line that stands for a sample in samples.jsonl."""
    content: dict[str, Any] = {
        "id": stated.sample.sample_id,
        "split": split,
        "source": stated.sample.source_id,
        "label": stated.sample.label,
        "sha256": stated.sha256,
        "width": stated.width,
        "height": stated.height,
        "frames": stated.frames,
        "rate": stated.rate,
        "gops": stated.gops,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_samples(path: Path, *, classes: int) -> dict[str, tuple[StatedClip, ...]]:
    """This will read the samples of a sealed dataset by split; the place of each is its line. Raises DataError."""
    splits: dict[str, list[StatedClip]] = {split: [] for split in SPLITS}
    try:
        with path.open("rb") as stream:
            for place, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE), b"")):
                split, stated = _sample(line, place=place, classes=classes)
                splits[split].append(stated)
    except OSError as error:
        raise DataError(f"{FILE} cannot be read ({error.strerror}).") from None
    return {split: tuple(samples) for split, samples in splits.items()}


def content_hash(kind: str, classes: Sequence[str], splits: Mapping[str, Sequence[Stated]]) -> str:
    """This will give the sha256 of what a dataset says: its kind, classes, samples, labels, splits and contents.

    The content of a clip is that of the file which was handed in, not of the stream which was made of it.
    """
    whole = {"kind": kind, "labelled": labelled_hash(classes, splits)}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _sample(line: bytes, *, place: int, classes: int) -> tuple[str, StatedClip]:
    try:
        given = json.loads(line)
        split, label = given["split"], given["label"]
        if split not in SPLITS or not isinstance(label, int) or not 0 <= label < classes:
            raise ValueError(f"split and label are {shown(split)} and {shown(label)}")
        sample = LabelledSample(str(given["id"]), str(given["source"]), label, place)
        return split, StatedClip(
            sample,
            str(given["sha256"]),
            width=given["width"],
            height=given["height"],
            frames=int(given["frames"]),
            rate=float(given["rate"]),
            gops=tuple(int(first) for first in given["gops"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(
            f"{FILE}, row {place + 1}: the line is no sample of a sealed dataset ({error})."
        ) from None
