"""How views of a picture and of its truth are made together; torch-free."""

from __future__ import annotations

from pydantic import Field, field_validator

from mtkd_engine.spec.base import Part


class DenseAugmentSpec(Part):
    """How a view of a sample is made; every view is a function of the seed, the sample and the view's number.

    What moves moves picture and truth together; brightness and contrast change the picture alone.
    """

    views: int = Field(
        8,
        ge=1,
        le=1000,
        title="Views",
        description="Different views of each training sample; epoch e shows view e modulo this number.",
    )
    flip: bool = Field(True, title="Flip", description="Mirror half of the views left to right.")
    scale: tuple[float, float] = Field(
        (0.75, 1.5),
        title="Scale",
        description="Views are scaled by a number between these two; (1, 1) for none. What a smaller one leaves free "
        "is black, and means nothing.",
    )
    crop: bool = Field(
        True,
        title="Crop",
        description="Place a view that is scaled up or down at random; otherwise its middle is the picture's.",
    )
    brightness: float = Field(
        0.2, ge=0, le=1, title="Brightness", description="Largest change of brightness, as a share of white."
    )
    contrast: float = Field(
        0.2,
        ge=0,
        lt=1,
        title="Contrast",
        description="Contrast is multiplied by a number of 1 minus this to 1 plus this.",
    )
    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Seed of views",
        description="Jobs with the same number see the same views and share what teachers said of them.",
    )

    @field_validator("scale")
    @classmethod
    def _in_order(cls, scale: tuple[float, float]) -> tuple[float, float]:
        if not 0.25 <= scale[0] <= scale[1] <= 4:
            raise ValueError(
                f"given {list(scale)}, accepted are two numbers from 0.25 to 4, the smaller first"
            )
        return scale
