"""What a model file says about itself (header metadata key `mtkd.model`); torch-free."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from mtkd_engine.spec.base import Name, Part
from mtkd_engine.spec.nets import NetSpec
from mtkd_engine.spec.optim import OptimSpec

SPECIAL = ("<pad>", "<unk>")


class Recipe(Part):
    """How a model was trained from labels, so that out-of-fold copies can be trained the same way."""

    optim: OptimSpec
    seed: int = Field(ge=0)
    dataset_hash: str = Field(
        description="Content hash of the whole dataset it was trained on, or on a part of."
    )
    samples: int = Field(ge=1, description="Samples it was trained on.")
    measure_every: int = Field(1, ge=1, description="Epochs between measurements on validation.")


class ModelCard(Part):
    """What the card of every task says; each task has a card of its own, which is what is built and fed.

    Cards are hashed as text, in the order of their fields: what the cards of all tasks have beyond these three (a
    temperature, metrics) stands where each of them always had it.
    """

    format: Literal["mtkd.model/1"] = "mtkd.model/1"
    task: str
    net: Any


class GroundingCard(ModelCard):
    """All that is needed to rebuild a grounding model around its parameters and to feed it."""

    task: Literal["grounding"] = "grounding"
    net: NetSpec
    feature_width: int = Field(ge=1, le=65_536)
    max_words: int = Field(ge=1, le=1000)
    vocabulary: tuple[Name, ...] = Field(min_length=2)
    word_width: int | None = Field(
        None, ge=1, le=65_536, description="Width of given word vectors; null where all are learned."
    )
    learned_words: int | None = Field(
        None,
        ge=2,
        description="With given vectors: the first so many words of the vocabulary have learned ones.",
    )
    temperature: float = Field(1.0, gt=0, description="Fitted on validation; logits are divided by it.")
    extractor: Name | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="What made the features that the model reads; null where that is not known.",
    )
    longest_video: float | None = Field(
        None,
        gt=0,
        description="Seconds of the longest video that it was trained on; null where that is not known.",
    )
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

    @model_validator(mode="after")
    def _given(self) -> GroundingCard:
        if (self.word_width is None) != (self.learned_words is None):
            raise ValueError("word_width: given without learned_words or they without it, accepted are both")
        if self.learned_words is not None and self.learned_words >= len(self.vocabulary):
            raise ValueError(
                f"learned_words: given {self.learned_words}, accepted is less than the {len(self.vocabulary)} "
                "words of the vocabulary"
            )
        return self

    @model_serializer(mode="wrap")
    def _without_absent(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Cards are hashed as text: those of networks of which less is known read as they always did.
        stated: dict[str, Any] = write(self)
        for name in ("extractor", "longest_video"):
            if getattr(self, name) is None:
                stated.pop(name, None)
        if self.word_width is None:
            stated.pop("word_width", None)
            stated.pop("learned_words", None)
        return stated
