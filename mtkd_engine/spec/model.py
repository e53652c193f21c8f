"""What a model file says about itself (header metadata key `mtkd.model`); torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from mtkd_engine.spec.base import Name, Part
from mtkd_engine.spec.nets import NetSpec
from mtkd_engine.spec.optim import OptimSpec

SPECIAL = ("<pad>", "<unk>")


class Recipe(Part):
    """How a model was trained from labels, so that out-of-fold copies can be trained the same way."""

    optim: OptimSpec
    seed: int = Field(ge=0)
    dataset_hash: str = Field(description="Content hash of the dataset it was trained on.")
    samples: int = Field(ge=1, description="Samples it was trained on.")
    measure_every: int = Field(1, ge=1, description="Epochs between measurements on validation.")


class ModelCard(Part):
    """All that is needed to rebuild a model around its parameters and to feed it."""

    format: Literal["mtkd.model/1"] = "mtkd.model/1"
    task: Literal["grounding"] = "grounding"
    net: NetSpec
    feature_width: int = Field(ge=1, le=65_536)
    max_words: int = Field(ge=1, le=1000)
    vocabulary: tuple[Name, ...] = Field(min_length=2)
    temperature: float = Field(1.0, gt=0, description="Fitted on validation; logits are divided by it.")
    recipe: Recipe | None = None
    metrics: dict[Name, float] = Field(default_factory=dict)

    @field_validator("vocabulary")
    @classmethod
    def _words(cls, vocabulary: tuple[str, ...]) -> tuple[str, ...]:
        if vocabulary[:2] != SPECIAL:
            raise ValueError(
                f"given {list(vocabulary[:2])} first, accepted is {list(SPECIAL)} and then words"
            )
        if len(set(vocabulary)) < len(vocabulary):
            raise ValueError("given a word twice, accepted is each word once")
        return vocabulary
