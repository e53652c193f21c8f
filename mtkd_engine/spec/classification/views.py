"""How views of a sample are made; torch-free."""

from __future__ import annotations

from pydantic import Field

from mtkd_engine.spec.base import Part


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


class ClipAugmentSpec(Part):
    """How a view of a clip is made, the same for all of its frames; a function of the seed, the clip and its number."""

    views: int = Field(
        8,
        ge=1,
        le=1000,
        title="Views",
        description="Different views of each training clip; epoch e shows view e modulo this number.",
    )
    jitter: bool = Field(
        True,
        title="Jitter",
        description="Take each frame at random within its segment of the clip, not the middle one (TSN).",
    )
    flip: bool = Field(
        True,
        title="Flip",
        description="Mirror half of the views left to right; motion changes its direction with it.",
    )
    smallest_crop: float = Field(
        0.75,
        gt=0,
        le=1,
        title="Smallest crop",
        description="Crops take one of four sides, evenly from this share of the frame's height up to all of it.",
    )
    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Seed of views",
        description="Jobs with the same number see the same views and share what teachers said of them.",
    )


class FeatureAugmentSpec(Part):
    """How a view of a row of features is made; every view is a function of the seed, the sample and its number."""

    views: int = Field(
        8,
        ge=1,
        le=1000,
        title="Views",
        description="Different views of each training clip; epoch e shows view e modulo this number.",
    )
    jitter: bool = Field(
        True,
        title="Jitter",
        description="Take each row at random within its segment of the clip, not the middle one (TSN).",
    )
    drop: float = Field(
        0.0, ge=0, lt=1, title="Drop", description="Share of a clip's rows that a view sets to zero."
    )
    mixup: float = Field(
        0.0,
        ge=0,
        le=10,
        title="Mixup",
        description="Parameter of the Beta distribution that mixes two clips of a view; 0 for none.",
    )
    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Seed of views",
        description="Jobs with the same number see the same views and share what teachers said of them.",
    )


AnyAugment = AugmentSpec | ClipAugmentSpec | FeatureAugmentSpec
