"""Architectures that say where people look, in a picture or in every frame of a video; torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mtkd_engine.spec.base import Part
from mtkd_engine.spec.dense.nets import PICTURE_FAMILIES, PictureNetSpec, PyramidNet, SegformerNet, UperNet


class Conv3dMaps(Part):
    """An encoder-decoder of convolutions over time and space, with skips from each stage to the decoder's."""

    family: Literal["conv3d_maps"] = Field(
        "conv3d_maps", title="Family", description="An encoder-decoder of convolutions over time and space."
    )
    convolution: Literal["factored", "whole"] = Field(
        "factored",
        title="Convolution",
        description="factored: over space, then over time; whole: over both at once.",
    )
    width: int = Field(
        8,
        ge=4,
        le=256,
        title="Width",
        description="Channels of the first stage; each later one has twice as many.",
    )
    stages: int = Field(3, ge=2, le=5, title="Stages", description="Each halves the size of the frames.")
    blocks: int = Field(1, ge=1, le=8, title="Blocks", description="Residual blocks in each stage.")


class SpaceTimeNet(Part):
    """Attention over patches of frames, apart over space and over time, and a decoder to the map of every frame."""

    family: Literal["space_time"] = Field(
        "space_time",
        title="Family",
        description="Attention over patches of frames, over space and over time.",
    )
    arrangement: Literal["divided", "factorised"] = Field(
        "divided",
        title="Arrangement",
        description="divided: every block looks over time, then over space (TimeSformer); factorised: blocks over "
        "space first, then blocks over time (ViViT).",
    )
    patch: int = Field(8, ge=2, le=64, title="Patch", description="Pixels a side of a patch.")
    width: int = Field(48, ge=8, le=2048, title="Width", description="Channels of a patch.")
    depth: int = Field(
        2,
        ge=1,
        le=48,
        title="Depth",
        description="Blocks; factorised has as many over space and as many over time.",
    )
    heads: int = Field(
        4, ge=1, le=64, title="Heads", description="Heads of attention; they divide the width."
    )

    @model_validator(mode="after")
    def _divides(self) -> SpaceTimeNet:
        if self.width % self.heads:
            raise ValueError(
                f"heads: given {self.heads}, accepted is a number that divides the width {self.width}"
            )
        return self


FilmNetSpec = Annotated[Conv3dMaps | SpaceTimeNet, Field(discriminator="family")]
"""Networks that read the frames of a video and give a map for each."""
FILM_FAMILIES = ("conv3d_maps", "space_time")
AnySaliencyNet = Annotated[
    PyramidNet | SegformerNet | UperNet | Conv3dMaps | SpaceTimeNet, Field(discriminator="family")
]
SALIENCY_FAMILIES = (*PICTURE_FAMILIES, *FILM_FAMILIES)
__all__ = [
    "FILM_FAMILIES",
    "SALIENCY_FAMILIES",
    "AnySaliencyNet",
    "Conv3dMaps",
    "FilmNetSpec",
    "PictureNetSpec",
    "SpaceTimeNet",
]
