"""What the file of an image classifier says about itself; torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from mtkd_engine.spec.base import Name, Part
from mtkd_engine.spec.classification.data import AugmentSpec
from mtkd_engine.spec.classification.nets import TeacherNetSpec
from mtkd_engine.spec.classification.optim import ImageOptimSpec
from mtkd_engine.spec.model import ModelCard

MOST_CLASSES = 32_000


class ImageInput(Part):
    """What a network wants to read: pixels a side, channels, and (value / 255 - mean) / std per channel."""

    size: int = Field(32, ge=8, le=1024, title="Input size", description="Pixels a side.")
    mean: tuple[float, ...] = Field(
        (0.485, 0.456, 0.406),
        min_length=1,
        max_length=3,
        title="Mean",
        description="Subtracted from values of 0 to 1, one number per channel; one channel reads grey images.",
    )
    std: tuple[float, ...] = Field(
        (0.229, 0.224, 0.225),
        min_length=1,
        max_length=3,
        title="Spread",
        description="By which they are divided after that.",
    )

    @field_validator("std")
    @classmethod
    def _positive(cls, std: tuple[float, ...]) -> tuple[float, ...]:
        if any(one <= 0 for one in std):
            raise ValueError(f"given {list(std)}, accepted are numbers above 0")
        return std

    @model_validator(mode="after")
    def _same_channels(self) -> ImageInput:
        if len(self.mean) != len(self.std) or len(self.mean) == 2:
            raise ValueError(
                f"std: given {len(self.std)} number(s) beside {len(self.mean)} of mean, accepted are 3 and 3 or 1 and 1"
            )
        return self

    @property
    def channels(self) -> int:
        """3 for colour, 1 for grey."""
        return len(self.mean)


class ImageRecipe(Part):
    """How a classifier was trained from labels, and on what."""

    optim: ImageOptimSpec
    augment: AugmentSpec
    seed: int = Field(ge=0)
    dataset_hash: str = Field(
        description="Content hash of the whole dataset it was trained on, or on a part of."
    )
    samples: int = Field(ge=1, description="Samples it was trained on.")


class ClassifierCard(ModelCard):
    """All that is needed to rebuild an image classifier around its parameters and to feed it."""

    task: Literal["classification"] = "classification"
    net: TeacherNetSpec
    classes: tuple[Name, ...] = Field(
        min_length=2, max_length=MOST_CLASSES, description="Names of its outputs, in their order."
    )
    input: ImageInput = Field(default_factory=ImageInput)
    temperature: float = Field(1.0, gt=0, description="Fitted on validation; logits are divided by it.")
    recipe: ImageRecipe | None = None
    metrics: dict[Name, float] = Field(default_factory=dict)

    @field_validator("classes")
    @classmethod
    def _once(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        seen: set[str] = set()
        for name in classes:
            if name in seen:
                raise ValueError(f"given the class {name[:80]!r} twice, accepted is each class once")
            seen.add(name)
        return classes
