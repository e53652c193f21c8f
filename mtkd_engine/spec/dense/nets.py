"""Architectures with an output for every pixel of a picture; torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from mtkd_engine.spec.base import Name, Part
from mtkd_engine.spec.classification.nets import CifarResNet, ConfigValue, ImageNetSpec, TransformersNet

UPER_BACKBONES = ("convnext", "convnextv2", "resnet", "swin")
"""Model types of transformers that UperNet may have inside."""
_SMALL_SEGFORMER: dict[str, ConfigValue] = {
    "hidden_sizes": [16, 32, 64, 128],
    "depths": [1, 1, 1, 1],
    "decoder_hidden_size": 64,
}
_SMALL_SWIN: dict[str, ConfigValue] = {
    "embed_dim": 24,
    "depths": [1, 1, 1, 1],
    "num_heads": [1, 2, 4, 8],
    "window_size": 4,
}


class PyramidNet(Part):
    """An image network whose stages are brought together again from the smallest to the largest, by way of skips."""

    family: Literal["pyramid"] = Field(
        "pyramid", title="Family", description="A light encoder-decoder over an image network."
    )
    backbone: ImageNetSpec = Field(
        default_factory=CifarResNet,
        title="Image network",
        description="The encoder: what the picture goes through.",
    )
    decoder: Literal["sum", "join"] = Field(
        "sum",
        title="Decoder",
        description="How a stage meets what came from deeper: sum, as in FPN, or join, as in U-Net.",
    )
    width: int = Field(32, ge=4, le=1024, title="Width", description="Channels of the decoder.")
    stride: int = Field(
        1,
        ge=1,
        le=32,
        title="Stride",
        description="Stages that are larger than the picture divided by this are left out of the decoder.",
    )


class SegformerNet(Part):
    """SegFormer of the transformers library, built from its configuration; never from code or a hub."""

    family: Literal["segformer"] = Field(
        "segformer", title="Family", description="SegFormer of the transformers library."
    )
    config: dict[Name, ConfigValue] = Field(
        default_factory=lambda: dict(_SMALL_SEGFORMER),
        max_length=100,
        title="Configuration",
        description="Values that differ from the library's defaults (those of SegFormer-B0), such as depths.",
    )


class UperNet(Part):
    """UperNet of the transformers library over one of its image networks; never from code or a hub."""

    family: Literal["upernet"] = Field(
        "upernet", title="Family", description="UperNet of the transformers library."
    )
    backbone: TransformersNet = Field(
        default_factory=lambda: TransformersNet(model_type="swin", config=_SMALL_SWIN),
        title="Image network",
        description="Of type convnext, convnextv2, resnet or swin; it decides most of the size.",
    )
    width: int = Field(64, ge=4, le=2048, title="Width", description="Channels of the decoder.")
    pool_scales: tuple[int, ...] = Field(
        (1, 2, 3, 6),
        min_length=1,
        max_length=8,
        title="Pooling scales",
        description="Cells a side into which the deepest maps are pooled.",
    )

    @field_validator("backbone")
    @classmethod
    def _known(cls, backbone: TransformersNet) -> TransformersNet:
        if backbone.model_type not in UPER_BACKBONES:
            raise ValueError(
                f"given {backbone.model_type!r}, accepted are {', '.join(map(repr, UPER_BACKBONES))}"
            )
        return backbone

    @field_validator("pool_scales")
    @classmethod
    def _cells(cls, scales: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= one <= 32 for one in scales):
            raise ValueError(f"given {list(scales)}, accepted are numbers from 1 to 32")
        return scales


PictureNetSpec = Annotated[PyramidNet | SegformerNet | UperNet, Field(discriminator="family")]
"""Networks that read one picture."""
PICTURE_FAMILIES = ("pyramid", "segformer", "upernet")
