"""How many training samples keep their labels; torch-free."""

from __future__ import annotations

from pydantic import Field

from mtkd_engine.spec.base import Part


class LabelsSpec(Part):
    """A stratified part of the training samples that keeps its labels; those of the rest are never read."""

    share: float = Field(
        1.0,
        gt=0,
        le=1,
        title="Share",
        description="Of each class, at least one sample; a smaller share is part of every larger one.",
    )
    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Seed of the share",
        description="Which samples keep their labels; the same for every method.",
    )
