"""Labelled samples as lines of a file, and the hash of what a dataset of them says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.dataset import LabelledSample
from mtkd_engine.data.labelled.rows import LabelledRow
from mtkd_engine.data.sealing.samples import FILE
from mtkd_engine.data.split import SPLITS

TASK = "classification"
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Stated:
    """A sample, the sha256 of what was handed in of it, and its size in pixels where that is known."""

    sample: LabelledSample
    sha256: str
    width: int | None = None
    height: int | None = None

    def about(self) -> dict[str, Any]:
        """This will give what its line tells and the hash of the dataset does not count."""
        return {"width": self.width, "height": self.height}


StatedT = TypeVar("StatedT", bound=Stated)


def stated_rows(
    rows: Iterable[LabelledRow], of: Callable[[LabelledSample], StatedT]
) -> dict[str, tuple[StatedT, ...]]:
    """This will give divided rows as samples by split, in their order; `of` adds what is known of each."""
    splits: dict[str, list[StatedT]] = {split: [] for split in SPLITS}
    for row in rows:
        assert row.split is not None
        splits[row.split].append(of(LabelledSample(row.sample_id, row.source, row.label, row.place)))
    return {split: tuple(samples) for split, samples in splits.items()}


def rows_of(splits: Mapping[str, Sequence[Stated]]) -> list[LabelledRow]:
    """This will give the samples of a sealed dataset as rows that somebody handed in."""
    return [
        LabelledRow(
            split=split,
            sample_id=one.sample.sample_id,
            source_id=None if one.sample.source_id == one.sample.sample_id else one.sample.source_id,
            label=one.sample.label,
            place=one.sample.place,
            file=FILE,
            line=one.sample.place + 1,
        )
        for split in SPLITS
        for one in splits[split]
    ]


def line_of(split: str, stated: Stated) -> bytes:
    """This will give the one line that stands for a sample in samples.jsonl."""
    return _dumped({**_content(split, stated), **stated.about()}) + b"\n"


def read_samples(
    path: Path, *, classes: int, of: Callable[[LabelledSample, Mapping[str, Any]], StatedT]
) -> dict[str, tuple[StatedT, ...]]:
    """This will read the samples of a sealed dataset by split; the place of each is its line. Raises DataError."""
    splits: dict[str, list[StatedT]] = {split: [] for split in SPLITS}
    try:
        with path.open("rb") as stream:
            for place, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE), b"")):
                try:
                    given = json.loads(line)
                    splits[given["split"]].append(of(_sample(given, place=place, classes=classes), given))
                except (ValueError, TypeError, KeyError, RecursionError) as error:
                    raise DataError(
                        f"{FILE}, row {place + 1}: the line is no sample of a sealed dataset ({error})."
                    ) from None
    except OSError as error:
        raise DataError(f"{FILE} cannot be read ({error.strerror}).") from None
    return {split: tuple(samples) for split, samples in splits.items()}


def content_hash(classes: Sequence[str], splits: Mapping[str, Sequence[Stated]]) -> str:
    """This will give the sha256 of what a dataset says: classes, samples, labels, splits and what was handed in.

    The files that it lies in do not count, nor does what can be read off the samples.
    """
    lines = hashlib.sha256()
    for split in SPLITS:
        for stated in splits.get(split, ()):
            lines.update(_dumped(_content(split, stated)) + b"\n")
    whole = {"task": TASK, "classes": list(classes), "samples": lines.hexdigest()}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _sample(given: Mapping[str, Any], *, place: int, classes: int) -> LabelledSample:
    split, label = given["split"], given["label"]
    if split not in SPLITS or not isinstance(label, int) or not 0 <= label < classes:
        raise ValueError(f"split and label are {shown(split)} and {shown(label)}")
    return LabelledSample(str(given["id"]), str(given["source"]), label, place)


def _content(split: str, stated: Stated) -> dict[str, Any]:
    sample = stated.sample
    return {
        "id": sample.sample_id,
        "split": split,
        "source": sample.source_id,
        "label": sample.label,
        "sha256": stated.sha256,
    }


def _dumped(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
