"""What the file of a saliency network says about itself; torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mtkd_engine.spec.base import Name
from mtkd_engine.spec.dense.inputs import DenseInput, FilmInput, PictureInput
from mtkd_engine.spec.dense.recipe import DenseRecipe
from mtkd_engine.spec.model import ModelCard
from mtkd_engine.spec.saliency.nets import FILM_FAMILIES, AnySaliencyNet


class SaliencyCard(ModelCard):
    """All that is needed to rebuild a saliency network around its parameters and to feed it."""

    task: Literal["saliency"] = "saliency"
    net: AnySaliencyNet
    input: DenseInput = Field(default_factory=PictureInput)
    temperature: float = Field(1.0, gt=0, description="Fitted on validation; logits are divided by it.")
    recipe: DenseRecipe | None = None
    metrics: dict[Name, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _reads_what_it_is_given(self) -> SaliencyCard:
        wanted = FilmInput if self.net.family in FILM_FAMILIES else PictureInput
        if not isinstance(self.input, wanted):
            reads = "film" if wanted is FilmInput else "picture"
            raise ValueError(
                f"input: given an input of kind {self.input.kind!r}, but networks of family {self.net.family!r} "
                f"read kind {reads!r}"
            )
        return self

    @property
    def is_of_films(self) -> bool:
        """Whether it reads frames of a video and gives a map for each."""
        return isinstance(self.input, FilmInput)
