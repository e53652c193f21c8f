"""What the file of a classifier says about itself; torch-free."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from mtkd_engine.spec.base import Name, Part
from mtkd_engine.spec.classification.inputs import ImageInput
from mtkd_engine.spec.classification.kinds import AnyInput, AnyNet, refuse_misfit
from mtkd_engine.spec.classification.labels import LabelsSpec
from mtkd_engine.spec.classification.optim import ClassOptimSpec
from mtkd_engine.spec.classification.views import AnyAugment
from mtkd_engine.spec.model import ModelCard

MOST_CLASSES = 32_000


class ClassRecipe(Part):
    """How a classifier was trained from labels, and on what."""

    optim: ClassOptimSpec
    augment: AnyAugment
    seed: int = Field(ge=0)
    dataset_hash: str = Field(
        description="Content hash of the whole dataset it was trained on, or on a part of."
    )
    samples: int = Field(ge=1, description="Samples it was trained on.")
    labels: LabelsSpec | None = Field(
        None, description="Which part of them had labels that were learned from; null where all had."
    )

    @model_serializer(mode="wrap")
    def _as_before(self, serialised: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Cards are hashed as text: one without a share of labels reads as it did before there were any."""
        said: dict[str, Any] = serialised(self)
        if self.labels is None:
            del said["labels"]
        return said


class ClassifierCard(ModelCard):
    """All that is needed to rebuild a classifier around its parameters and to feed it."""

    task: Literal["classification"] = "classification"
    net: AnyNet
    classes: tuple[Name, ...] = Field(
        min_length=2, max_length=MOST_CLASSES, description="Names of its outputs, in their order."
    )
    input: AnyInput = Field(default_factory=ImageInput)
    temperature: float = Field(1.0, gt=0, description="Fitted on validation; logits are divided by it.")
    recipe: ClassRecipe | None = None
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

    @model_validator(mode="after")
    def _reads_what_it_is_given(self) -> ClassifierCard:
        refuse_misfit(self.net, self.input)
        return self
