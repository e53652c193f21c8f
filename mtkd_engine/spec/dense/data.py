"""Which pictures or videos a job learns from, and how large they are seen; torch-free."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from mtkd_engine.spec.data import DataSpec
from mtkd_engine.spec.dense.views import DenseAugmentSpec


class DenseDataSpec(DataSpec):
    """A dataset whose truth is told pixel by pixel; `kind` says what that truth is."""

    kind: str
    height: int = Field(
        96,
        ge=8,
        le=1024,
        title="Height",
        description="Pixels to which every picture and its truth are brought for training.",
    )
    width: int = Field(
        128,
        ge=8,
        le=1024,
        title="Width",
        description="Pixels to which every picture and its truth are brought for training.",
    )
    augment: DenseAugmentSpec = Field(
        default_factory=DenseAugmentSpec, title="Augmentation", description="How training samples are varied."
    )

    def shared(self) -> dict[str, Any]:
        """This will say what all participants share of a sample, views apart."""
        return {"kind": self.kind, "height": self.height, "width": self.width}
