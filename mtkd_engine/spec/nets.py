"""Architectures a student or teacher can have; sizes only, torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from mtkd_engine.spec.base import Part


class SpanNet(Part):
    """Start/end logits over clips (SeqPAN/VSLNet kind)."""

    family: Literal["span"] = Field("span", title="Family", description="Start and end logits over clips.")
    clips: int = Field(
        32,
        ge=4,
        le=256,
        title="Clips",
        description="Longest clip grid; longer videos are averaged down to it.",
    )
    width: int = Field(48, ge=8, le=512, title="Width", description="Channels of every layer.")
    encoder_layers: int = Field(
        2, ge=1, le=8, title="Encoder layers", description="Depth-wise separable convolutions in the encoder."
    )
    kernel: int = Field(7, ge=3, le=15, title="Kernel", description="Clips each convolution sees (odd).")
    attention_layers: int = Field(
        0,
        ge=0,
        le=4,
        title="Attention layers",
        description="Cross-modal attention blocks between encoder and head.",
    )
    heads: int = Field(4, ge=1, le=16, title="Heads", description="Attention heads; must divide the width.")
    dropout: float = Field(0.1, ge=0, lt=0.9, title="Dropout", description="Share of activations dropped.")

    @field_validator("kernel")
    @classmethod
    def _odd(cls, kernel: int) -> int:
        if kernel % 2 == 0:
            raise ValueError(f"given {kernel}, accepted is an odd number from 3 to 15")
        return kernel

    @field_validator("heads")
    @classmethod
    def _divides(cls, heads: int, info: object) -> int:
        width = getattr(info, "data", {}).get("width")
        if width is not None and width % heads:
            raise ValueError(f"given {heads}, accepted is a divisor of the width {width}")
        return heads


class Map2dNet(Part):
    """Scores for all (start, end) pairs on a 2-D temporal map (2D-TAN kind)."""

    family: Literal["map2d"] = Field("map2d", title="Family", description="A 2-D map of start and end clips.")
    clips: int = Field(
        16, ge=4, le=64, title="Clips", description="Side of the map; cost grows with its square."
    )
    width: int = Field(48, ge=8, le=512, title="Width", description="Channels of every layer.")
    map_layers: int = Field(2, ge=1, le=8, title="Map layers", description="2-D convolutions over the map.")
    kernel: int = Field(3, ge=3, le=9, title="Kernel", description="Side of each 2-D convolution (odd).")
    dropout: float = Field(0.1, ge=0, lt=0.9, title="Dropout", description="Share of activations dropped.")

    @field_validator("kernel")
    @classmethod
    def _odd(cls, kernel: int) -> int:
        if kernel % 2 == 0:
            raise ValueError(f"given {kernel}, accepted is an odd number from 3 to 9")
        return kernel


class ProposalNet(Part):
    """Scored windows: anchors of several lengths around every clip, with corrected ends (CMIN, CBP, SCDM kind)."""

    family: Literal["proposal"] = Field(
        "proposal", title="Family", description="Anchor windows around every clip, scored and corrected."
    )
    clips: int = Field(
        32,
        ge=4,
        le=128,
        title="Clips",
        description="Longest clip grid; longer videos are averaged down to it.",
    )
    width: int = Field(48, ge=8, le=512, title="Width", description="Channels of every layer.")
    anchors: int = Field(
        8,
        ge=2,
        le=16,
        title="Anchors",
        description="Window lengths around every clip, from one clip to the whole video.",
    )
    layers: int = Field(
        3, ge=1, le=6, title="Layers", description="Convolutions over clips; each looks twice as far."
    )
    kernel: int = Field(3, ge=3, le=9, title="Kernel", description="Clips each convolution reads (odd).")
    dropout: float = Field(0.1, ge=0, lt=0.9, title="Dropout", description="Share of activations dropped.")

    @field_validator("kernel")
    @classmethod
    def _odd(cls, kernel: int) -> int:
        if kernel % 2 == 0:
            raise ValueError(f"given {kernel}, accepted is an odd number from 3 to 9")
        return kernel


class RegressionNet(Part):
    """Every clip inside the moment regresses its centre and width (DRN, Moment-DETR and LGI kind)."""

    family: Literal["regression"] = Field(
        "regression", title="Family", description="Centre and width regressed from every clip, with a score."
    )
    clips: int = Field(
        32,
        ge=4,
        le=128,
        title="Clips",
        description="Longest clip grid; longer videos are averaged down to it.",
    )
    width: int = Field(48, ge=8, le=512, title="Width", description="Channels of every layer.")
    layers: int = Field(
        3, ge=1, le=6, title="Layers", description="Convolutions over clips; each looks twice as far."
    )
    kernel: int = Field(3, ge=3, le=9, title="Kernel", description="Clips each convolution reads (odd).")
    dropout: float = Field(0.1, ge=0, lt=0.9, title="Dropout", description="Share of activations dropped.")

    @field_validator("kernel")
    @classmethod
    def _odd(cls, kernel: int) -> int:
        if kernel % 2 == 0:
            raise ValueError(f"given {kernel}, accepted is an odd number from 3 to 9")
        return kernel


NetSpec = Annotated[SpanNet | Map2dNet | ProposalNet | RegressionNet, Field(discriminator="family")]
