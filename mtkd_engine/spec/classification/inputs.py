"""What networks want to read: images, or of a clip its frames, its compressed streams or features; torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from mtkd_engine.spec.base import Part

MOST_PIXELS = 64 * 256 * 256
"""Pixels of one clip at the most, over all of its frames."""
MOST_VALUES = 2**22
"""Numbers of one clip's features at the most, over all of its frames."""


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


class ClipInput(Part):
    """Frames at even distances, each normalised as an image is: (value / 255 - mean) / std per channel."""

    kind: Literal["clip"] = Field("clip", title="Kind", description="Frames of a clip.")
    frames: int = Field(8, ge=1, le=64, title="Frames", description="Frames that are read of every clip.")
    size: int = Field(112, ge=8, le=1024, title="Input size", description="Pixels a side.")
    mean: tuple[float, float, float] = Field(
        (0.485, 0.456, 0.406), title="Mean", description="Subtracted from values of 0 to 1: red, green, blue."
    )
    std: tuple[float, float, float] = Field(
        (0.229, 0.224, 0.225), title="Spread", description="By which they are divided after that."
    )

    @field_validator("std")
    @classmethod
    def _positive(cls, std: tuple[float, float, float]) -> tuple[float, float, float]:
        if any(one <= 0 for one in std):
            raise ValueError(f"given {list(std)}, accepted are numbers above 0")
        return std

    @model_validator(mode="after")
    def _fits(self) -> ClipInput:
        _refuse_too_many("frames", self.frames, size=self.size)
        return self

    @property
    def channels(self) -> int:
        """Clips are in colour."""
        return len(self.mean)


class StreamsInput(Part):
    """What a compressed clip holds at one moment of each segment, in the published encoding (CoViAR).

    I-frames are normalised as ImageNet's images. Motion in pixels goes by a factor of 127.5 / 20, without its decimals,
    + 128, within 0 to 255, / 255, - 0.5. Residuals go by + 128, within 0 to 255, / 255, - 0.5, / ImageNet's spread.
    """

    kind: Literal["streams"] = Field("streams", title="Kind", description="Compressed streams of a clip.")
    segments: int = Field(
        3,
        ge=1,
        le=64,
        title="Segments",
        description="Equal parts of a clip, of each of which one moment is read.",
    )
    size: int = Field(112, ge=8, le=1024, title="Input size", description="Pixels a side.")

    @model_validator(mode="after")
    def _fits(self) -> StreamsInput:
        _refuse_too_many("segments", self.segments, size=self.size)
        return self


class FeatureInput(Part):
    """Features of the frames of a clip as another network left them, read as they are; zeros stand after the end."""

    kind: Literal["features"] = Field("features", title="Kind", description="Features of a clip.")
    width: int = Field(256, ge=1, le=16_384, title="Width", description="Numbers of every frame.")
    frames: int = Field(
        32,
        ge=1,
        le=4096,
        title="Frames",
        description="Frames that are read at the most; of longer clips so many at even distances.",
    )

    @model_validator(mode="after")
    def _fits(self) -> FeatureInput:
        most = MOST_VALUES // self.width
        if self.frames > most:
            raise ValueError(f"frames: given {self.frames} of width {self.width}, accepted are up to {most}")
        return self


def _refuse_too_many(field: str, count: int, *, size: int) -> None:
    most = MOST_PIXELS // (size * size)
    if count > most:
        raise ValueError(f"{field}: given {count} of {size} pixels a side, accepted are up to {most}")
