"""What networks of the dense tasks want to read: one picture, or the frames of a film; torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from mtkd_engine.spec.base import Part
from mtkd_engine.spec.classification.inputs import MOST_PIXELS

MOST_OF_PICTURE = 2048 * 2048
"""Pixels of one picture at the most."""
MOST_FRAMES = 64

Colour = tuple[float, float, float]
"""Red, green, blue."""


class PictureInput(Part):
    """One picture, resized without keeping its proportions: (value / 255 - mean) / std per channel."""

    kind: Literal["picture"] = Field("picture", title="Kind", description="One picture.")
    height: int = Field(96, ge=8, le=4096, title="Height", description="Rows of pixels that are read.")
    width: int = Field(128, ge=8, le=4096, title="Width", description="Columns of pixels that are read.")
    mean: Colour = Field(
        (0.485, 0.456, 0.406), title="Mean", description="Subtracted from values of 0 to 1: red, green, blue."
    )
    std: Colour = Field(
        (0.229, 0.224, 0.225), title="Spread", description="By which they are divided after that."
    )

    @field_validator("std")
    @classmethod
    def _positive(cls, std: Colour) -> Colour:
        return _refuse_not_positive(std)

    @model_validator(mode="after")
    def _fits(self) -> PictureInput:
        most = MOST_OF_PICTURE // self.height
        if self.width > most:
            raise ValueError(
                f"width: given {self.width} beside a height of {self.height}, accepted are up to {most}"
            )
        return self


class FilmInput(Part):
    """Frames that follow each other, up to a number of them, each as a picture is read."""

    kind: Literal["film"] = Field(
        "film", title="Kind", description="Frames of a video that follow each other."
    )
    frames: int = Field(
        8, ge=1, le=MOST_FRAMES, title="Frames", description="Frames that are read at a time, at the most."
    )
    height: int = Field(64, ge=8, le=1024, title="Height", description="Rows of pixels that are read.")
    width: int = Field(96, ge=8, le=1024, title="Width", description="Columns of pixels that are read.")
    mean: Colour = Field(
        (0.485, 0.456, 0.406), title="Mean", description="Subtracted from values of 0 to 1: red, green, blue."
    )
    std: Colour = Field(
        (0.229, 0.224, 0.225), title="Spread", description="By which they are divided after that."
    )

    @field_validator("std")
    @classmethod
    def _positive(cls, std: Colour) -> Colour:
        return _refuse_not_positive(std)

    @model_validator(mode="after")
    def _fits(self) -> FilmInput:
        most = MOST_PIXELS // (self.height * self.width)
        if self.frames > most:
            raise ValueError(
                f"frames: given {self.frames} of {self.height} x {self.width} pixels, accepted are up to {most}"
            )
        return self


DenseInput = Annotated[PictureInput | FilmInput, Field(discriminator="kind")]


def _refuse_not_positive(std: Colour) -> Colour:
    if any(one <= 0 for one in std):
        raise ValueError(f"given {list(std)}, accepted are numbers above 0")
    return std
