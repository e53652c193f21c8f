"""Which labelled samples a job learns from, and what is seen of an image; torch-free."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mtkd_engine.spec.classification.labels import LabelsSpec
from mtkd_engine.spec.classification.views import AnyAugment, AugmentSpec
from mtkd_engine.spec.data import DataSpec


class ClassDataSpec(DataSpec):
    """A dataset of labelled samples; `kind` says what a sample is seen as."""

    kind: str
    labels: LabelsSpec = Field(
        default_factory=LabelsSpec, title="Labels", description="How many training samples keep their labels."
    )
    augment: AnyAugment = Field(title="Augmentation", description="How training samples are varied.")

    def shared(self) -> dict[str, Any]:
        """This will say what all participants share of a sample, views apart: what cached beliefs depend on."""
        raise NotImplementedError


class ImageDataSpec(ClassDataSpec):
    """A dataset of images by name, and what networks see of it."""

    kind: Literal["images"] = Field("images", title="Kind", description="Images.")
    size: int = Field(
        32,
        ge=8,
        le=1024,
        title="Image size",
        description="Pixels a side to which every image is brought before anything else.",
    )
    augment: AugmentSpec = Field(
        default_factory=AugmentSpec, title="Augmentation", description="How training images are varied."
    )

    def shared(self) -> dict[str, Any]:
        """This will say the size of images."""
        return {"size": self.size}
