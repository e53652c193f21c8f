"""Samples of images as lines of a file: written once, read whole or a few at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.split import SPLITS

TASK = "classification"


@dataclass(frozen=True, slots=True)
class Stated:
    """A sample, the sha256 of its file, and what a page says of it."""

    sample: LabelledSample
    sha256: str
    width: int | None = None
    height: int | None = None
    kind: str | None = None


def line_of(split: str, stated: Stated) -> bytes:
    """This will give the one line that stands for a sample in samples.jsonl."""
    about = {"width": stated.width, "height": stated.height, "kind": stated.kind}
    return _dumped({**_content(split, stated), **about}) + b"\n"


def content_hash(classes: Sequence[str], splits: Mapping[str, Sequence[Stated]]) -> str:
    """This will give the sha256 of what a dataset says: classes, samples, labels, splits and the bytes of images.

    The files that it lies in do not count, nor does what can be read off the images.
    """
    lines = hashlib.sha256()
    for split in SPLITS:
        for stated in splits.get(split, ()):
            lines.update(_dumped(_content(split, stated)) + b"\n")
    whole = {"task": TASK, "classes": list(classes), "samples": lines.hexdigest()}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


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
