"""What the file of a segmentation network says about itself; torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from mtkd_engine.spec.base import Name
from mtkd_engine.spec.dense.inputs import PictureInput
from mtkd_engine.spec.dense.recipe import DenseRecipe
from mtkd_engine.spec.model import ModelCard
from mtkd_engine.spec.segmentation.nets import SegmenterNetSpec

MOST_SEGMENTED = 1000
"""Classes of one network at the most: it gives so many maps of every picture."""


class SegmenterCard(ModelCard):
    """All that is needed to rebuild a segmentation network around its parameters and to feed it."""

    task: Literal["segmentation"] = "segmentation"
    net: SegmenterNetSpec
    classes: tuple[Name, ...] = Field(
        min_length=2,
        max_length=MOST_SEGMENTED,
        description="Names of its outputs, in their order, without void.",
    )
    input: PictureInput = Field(default_factory=PictureInput)
    temperature: float = Field(1.0, gt=0, description="Fitted on validation; logits are divided by it.")
    recipe: DenseRecipe | None = None
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
