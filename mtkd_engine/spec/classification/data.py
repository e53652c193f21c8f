"""Which images a job learns from, and how each of them is varied; torch-free."""

from __future__ import annotations

from pydantic import Field

from mtkd_engine.spec.base import Part
from mtkd_engine.spec.data import DataSpec


class AugmentSpec(Part):
    """How a view of an image is made; every view is a function of the seed, the sample and the view's number."""

    views: int = Field(
        8,
        ge=1,
        le=1000,
        title="Views",
        description="Different views of each training image; epoch e shows view e modulo this number.",
    )
    flip: bool = Field(True, title="Flip", description="Mirror half of the views left to right.")
    crop_padding: int = Field(
        4,
        ge=0,
        le=64,
        title="Crop padding",
        description="Pixels added on every side before a random crop of the old size; 0 for no crop.",
    )
    randaugment: int = Field(
        0, ge=0, le=8, title="RandAugment", description="Random operations per view; 0 for none."
    )
    magnitude: int = Field(
        9, ge=0, le=30, title="Magnitude", description="How strong the operations of RandAugment are."
    )
    mixup: float = Field(
        0.0,
        ge=0,
        le=10,
        title="Mixup",
        description="Parameter of the Beta distribution that mixes two images of a view; 0 for none.",
    )
    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Seed of views",
        description="Jobs with the same number see the same views and share what teachers said of them.",
    )


class ImageDataSpec(DataSpec):
    """A dataset of images by name, and what networks see of it."""

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
