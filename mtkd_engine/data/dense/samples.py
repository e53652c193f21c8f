"""Dense samples as lines of a file, and the hash of what a dataset of them says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.sealing.samples import FILE
from mtkd_engine.data.split import SPLITS

_LONGEST_LINE = 1 << 20
Splits = Mapping[str, Sequence["StatedDense"]]


@dataclass(frozen=True, slots=True)
class StatedDense:
    """A sample, the sha256 of what is seen of it and of its truth, and what a page says; sizes are upright."""

    sample: DenseSample
    sha256: str
    truth: str
    width: int
    height: int
    kind: str
    """The kind of its file."""
    frames: int = 0
    """Of a video, as the two below."""
    rate: float = 0.0
    gops: tuple[int, ...] = ()

    def about(self) -> dict[str, Any]:
        """This will give what its line tells and the hash of the dataset does not count."""
        told = {"width": self.width, "height": self.height, "kind": self.kind}
        return told | ({"frames": self.frames, "rate": self.rate, "gops": self.gops} if self.frames else {})


def in_splits(stated: Iterable[tuple[str, StatedDense]]) -> dict[str, tuple[StatedDense, ...]]:
    """This will give samples by split, in their order."""
    splits: dict[str, list[StatedDense]] = {split: [] for split in SPLITS}
    for split, one in stated:
        splits[split].append(one)
    return {split: tuple(samples) for split, samples in splits.items()}


def dense_line(split: str, stated: StatedDense) -> bytes:
    """This will give the one line that stands for a sample in samples.jsonl."""
    return _dumped({**_content(split, stated), **stated.about()}) + b"\n"


def read_dense_samples(path: Path) -> dict[str, tuple[StatedDense, ...]]:
    """This will read the samples of a sealed dataset by split; the place of each is its line. Raises DataError."""
    read: list[tuple[str, StatedDense]] = []
    try:
        with path.open("rb") as stream:
            for place, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE), b"")):
                try:
                    read.append(_read(json.loads(line), place=place))
                except (ValueError, TypeError, KeyError, RecursionError) as error:
                    raise DataError(
                        f"{FILE}, row {place + 1}: the line is no sample of a sealed dataset ({error})."
                    ) from None
    except OSError as error:
        raise DataError(f"{FILE} cannot be read ({error.strerror}).") from None
    return in_splits(read)


def dense_hash(splits: Splits, *, about: Mapping[str, Any]) -> str:
    """This will give the sha256 of what a dataset says: `about` (task, classes ...), samples, splits, and their truth.

    The files that it lies in do not count, nor does what can be read off the samples.
    """
    lines = hashlib.sha256()
    for split in SPLITS:
        for stated in splits.get(split, ()):
            lines.update(_dumped(_content(split, stated)) + b"\n")
    whole = {**about, "samples": lines.hexdigest()}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _read(given: Mapping[str, Any], *, place: int) -> tuple[str, StatedDense]:
    split = given["split"]
    if split not in SPLITS:
        raise ValueError(f"the split is {shown(split)}")
    sample = DenseSample(str(given["id"]), str(given["source"]), place)
    return split, StatedDense(
        sample,
        str(given["sha256"]),
        str(given["truth"]),
        int(given["width"]),
        int(given["height"]),
        str(given["kind"]),
        int(given.get("frames", 0)),
        float(given.get("rate", 0)),
        tuple(int(first) for first in given.get("gops", ())),
    )


def _content(split: str, stated: StatedDense) -> dict[str, Any]:
    return {
        "id": stated.sample.sample_id,
        "split": split,
        "source": stated.sample.source_id,
        "sha256": stated.sha256,
        "truth": stated.truth,
    }


def _dumped(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
