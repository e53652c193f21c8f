"""Samples of images, and what a page says of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.labelled.samples import Stated


@dataclass(frozen=True, slots=True)
class StatedImage(Stated):
    """A sample, the sha256 of its file, and what that is; sizes in pixels are upright."""

    kind: str | None = None

    @classmethod
    def read(cls, sample: LabelledSample, given: Mapping[str, Any]) -> StatedImage:
        """This will take what its line says; raises KeyError where that is not all."""
        return cls(sample, str(given["sha256"]), given["width"], given["height"], given["kind"])

    def about(self) -> dict[str, Any]:
        """This will give what its line tells and the hash of the dataset does not count."""
        return {"width": self.width, "height": self.height, "kind": self.kind}
