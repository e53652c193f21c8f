"""How a network of a dense task was trained; torch-free."""

from __future__ import annotations

from pydantic import Field

from mtkd_engine.spec.base import Part
from mtkd_engine.spec.dense.optim import DenseOptimSpec
from mtkd_engine.spec.dense.views import DenseAugmentSpec


class DenseRecipe(Part):
    """How a network was trained from labels, and on what."""

    optim: DenseOptimSpec
    augment: DenseAugmentSpec
    seed: int = Field(ge=0)
    dataset_hash: str = Field(
        description="Content hash of the whole dataset it was trained on, or on a part of."
    )
    samples: int = Field(ge=1, description="Samples it was trained on.")
