"""Architectures that read a clip and score classes: its frames, compressed streams or features of it; torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from mtkd_engine.spec.base import Name, Part
from mtkd_engine.spec.classification.nets import CifarResNet, ConfigValue, ImageNetSpec

STREAMS = ("iframe", "motion", "residual")
"""The streams of a compressed clip, in the order of everything that has one value for each."""

VIDEO_TRANSFORMERS = ("videomae", "timesformer", "vivit")
"""Model types of transformers whose video classifiers may be built."""


class FrameNet(Part):
    """An image network on every frame; time is a mean at the end, or channels shifted between frames as well."""

    family: Literal["frames"] = Field(
        "frames", title="Family", description="An image network on every frame of a clip."
    )
    backbone: ImageNetSpec = Field(
        default_factory=CifarResNet, title="Image network", description="What every frame goes through."
    )
    temporal: Literal["pool", "shift"] = Field(
        "pool",
        title="Time",
        description="pool: the mean over frames. shift: that, and some channels come from the frames beside (TSM).",
    )
    part: int = Field(
        8,
        ge=2,
        le=1024,
        title="Shifted part",
        description="One channel in this many is shifted a frame forward, and as many back; of fewer channels none.",
    )


class Conv3dNet(Part):
    """Residual blocks of convolutions over time and space (after Tran et al. 2018)."""

    family: Literal["conv3d"] = Field(
        "conv3d", title="Family", description="A residual network over time and space."
    )
    convolution: Literal["factored", "whole"] = Field(
        "factored",
        title="Convolution",
        description="factored: over space, then over time, R(2+1)D; whole: over both at once, R3D.",
    )
    width: int = Field(
        16,
        ge=4,
        le=256,
        title="Width",
        description="Channels of the first stage; each later one has twice as many.",
    )
    stages: int = Field(
        4, ge=2, le=4, title="Stages", description="Each but the first halves length and size."
    )
    blocks: int = Field(1, ge=1, le=8, title="Blocks", description="Residual blocks in each stage.")


class VideoTransformersNet(Part):
    """A video classifier of the transformers library, built from its configuration; never from code or a hub."""

    family: Literal["video_transformers"] = Field(
        "video_transformers", title="Family", description="A video classifier of the transformers library."
    )
    model_type: Literal["videomae", "timesformer", "vivit"] = Field(
        "videomae", title="Model type", description="Which of the library's architectures."
    )
    config: dict[Name, ConfigValue] = Field(
        default_factory=dict,
        max_length=100,
        title="Configuration",
        description="Values that differ from the library's defaults, such as hidden_size or num_hidden_layers.",
    )


ClipNetSpec = Annotated[FrameNet | Conv3dNet | VideoTransformersNet, Field(discriminator="family")]
"""Networks that read the frames of a clip."""


class StreamsNet(Part):
    """One image network for each stream of a compressed clip, their logits mixed at the end (CoViAR)."""

    family: Literal["streams"] = Field(
        "streams", title="Family", description="One image network for each stream of a compressed clip."
    )
    iframe: ImageNetSpec | None = Field(
        default_factory=CifarResNet,
        title="I-frames",
        description="What I-frames go through; none leaves them out.",
    )
    motion: ImageNetSpec | None = Field(
        default_factory=CifarResNet,
        title="Motion",
        description="What accumulated motion vectors go through; none leaves them out.",
    )
    residual: ImageNetSpec | None = Field(
        default_factory=CifarResNet,
        title="Residuals",
        description="What accumulated residuals go through; none leaves them out.",
    )
    fusion: Literal["2:1:1", "learned"] = Field(
        "2:1:1",
        title="Fusion",
        description="Shares of I-frames, motion and residuals in the logits: as published, or fitted on validation.",
    )
    learns: Literal["each", "together"] = Field(
        "each",
        title="Learns",
        description="each: every stream has losses of its own, as published; together: only the mixed logits have.",
    )

    @model_validator(mode="after")
    def _one_at_least(self) -> StreamsNet:
        if not self.present:
            raise ValueError("iframe: given no network for any stream, accepted are one, two or three")
        return self

    @property
    def present(self) -> tuple[str, ...]:
        """The streams that have a network, in the order of `STREAMS`."""
        return tuple(name for name in STREAMS if getattr(self, name) is not None)


class SequenceNet(Part):
    """Residual convolutions over the features of a clip, in stages that halve its length."""

    family: Literal["sequence"] = Field(
        "sequence", title="Family", description="Convolutions over time on features of a clip."
    )
    stages: int = Field(
        3, ge=1, le=6, title="Stages", description="Each but the first halves the length of the sequence."
    )
    blocks: int = Field(1, ge=1, le=8, title="Blocks", description="Residual blocks in each stage.")
    width: int = Field(128, ge=8, le=2048, title="Width", description="Channels of every layer.")
    kernel: int = Field(
        3, ge=3, le=15, title="Kernel", description="Moments that each convolution sees (odd)."
    )
    dropout: float = Field(0.1, ge=0, lt=0.9, title="Dropout", description="Share of activations dropped.")

    @field_validator("kernel")
    @classmethod
    def _odd(cls, kernel: int) -> int:
        if kernel % 2 == 0:
            raise ValueError(f"given {kernel}, accepted is an odd number from 3 to 15")
        return kernel
