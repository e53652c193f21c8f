"""Samples of clips, and the hash of what a dataset of them says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.labelled.samples import Stated
from mtkd_engine.data.labelled.samples import content_hash as labelled_hash


@dataclass(frozen=True, slots=True)
class StatedClip(Stated):
    """A sample, the sha256 of its file or rows, and what is known of it; sizes in pixels are those handed in."""

    frames: int = 0
    rate: float = 0.0
    gops: tuple[int, ...] = ()

    @classmethod
    def read(cls, sample: LabelledSample, given: Mapping[str, Any]) -> StatedClip:
        """This will take what its line says; raises KeyError, ValueError or TypeError where that is not all."""
        return cls(
            sample,
            str(given["sha256"]),
            width=given["width"],
            height=given["height"],
            frames=int(given["frames"]),
            rate=float(given["rate"]),
            gops=tuple(int(first) for first in given["gops"]),
        )

    def about(self) -> dict[str, Any]:
        """This will give what its line tells and the hash of the dataset does not count."""
        return {
            "width": self.width,
            "height": self.height,
            "frames": self.frames,
            "rate": self.rate,
            "gops": self.gops,
        }


def content_hash(kind: str, classes: Sequence[str], splits: Mapping[str, Sequence[Stated]]) -> str:
    """This will give the sha256 of what a dataset says: its kind, classes, samples, labels, splits and contents.

    The content of a clip is that of the file which was handed in, not of the stream which was made of it.
    """
    whole = {"kind": kind, "labelled": labelled_hash(classes, splits)}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
