"""Architectures that read one image and score classes; torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from mtkd_engine.spec.base import Name, Part

ConfigValue = bool | int | float | Name | list[int] | list[float] | list[Name]
TRANSFORMERS = (
    *(
        "convnext",
        "convnextv2",
        "deit",
        "dinov2",
        "efficientnet",
        "mobilenet_v1",
        "mobilenet_v2",
        "mobilevit",
    ),
    *("poolformer", "pvt", "regnet", "resnet", "segformer", "swin", "vit"),
)
"""Model types of transformers whose image classifiers may be built."""
IN_STAGES = ("resnet", "regnet", "convnext", "convnextv2", "swin")
"""Those of them that consist of stages, where they can be cut."""


class CifarResNet(Part):
    """Residual networks for small images: three stages of basic blocks, depth 6n + 2 (after He et al. 2016)."""

    family: Literal["cifar_resnet"] = Field(
        "cifar_resnet", title="Family", description="Residual networks for small images, three stages."
    )
    depth: int = Field(
        8, ge=8, le=1202, title="Depth", description="Layers: 6n + 2, such as 8, 20, 32, 44, 56 or 110."
    )
    factor: Literal[1, 4] = Field(
        1, title="Width factor", description="1: 16, 32, 64 channels; 4: 64, 128, 256 after a stem of 32."
    )
    shortcut: Literal["pad", "conv"] = Field(
        "pad",
        title="Shortcut",
        description="Where sizes change: pad with zeros (option A) or a 1x1 convolution (option B).",
    )

    @field_validator("depth")
    @classmethod
    def _six_n_plus_two(cls, depth: int) -> int:
        if (depth - 2) % 6:
            raise ValueError(f"given {depth}, accepted is 6n + 2, such as 8, 20, 32, 44, 56 or 110")
        return depth


class TransformersNet(Part):
    """An image classifier of the transformers library, built from its configuration; never from code or a hub."""

    family: Literal["transformers"] = Field(
        "transformers", title="Family", description="An image classifier of the transformers library."
    )
    model_type: Literal[
        "convnext", "convnextv2", "deit", "dinov2", "efficientnet", "mobilenet_v1", "mobilenet_v2", "mobilevit",
        "poolformer", "pvt", "regnet", "resnet", "segformer", "swin", "vit",
    ] = Field("resnet", title="Model type", description="Which of the library's architectures.")  # fmt: skip
    config: dict[Name, ConfigValue] = Field(
        default_factory=dict,
        max_length=100,
        title="Configuration",
        description="Values that differ from the library's defaults, such as depths or hidden_sizes.",
    )


class TimmNet(Part):
    """An image classifier of timm by name; where timm is installed."""

    family: Literal["timm"] = Field(
        "timm", title="Family", description="An image classifier of timm, where that is installed."
    )
    name: Name = Field(
        "resnet18", min_length=1, max_length=120, title="Name", description="timm's name of the architecture."
    )


ImageNetSpec = Annotated[CifarResNet | TransformersNet | TimmNet, Field(discriminator="family")]


class BranchesNet(Part):
    """Branches on shared substages of an image network, mixed by a gate (after ONE, arXiv 1806.04606).

    It is what method `ensemble` trains and may leave; elsewhere it teaches.
    """

    family: Literal["branches"] = Field(
        "branches", title="Family", description="Branches on shared substages, mixed by a gate."
    )
    net: ImageNetSpec = Field(
        default_factory=CifarResNet, title="Network", description="What each branch is, with all substages."
    )
    branches: int = Field(3, ge=1, le=8, title="Branches", description="How many there are.")
    shared: int = Field(
        2, ge=1, le=64, title="Shared substages", description="How many of the first all branches share."
    )


class OnnxProgram(Part):
    """A classifier as an ONNX program: it teaches, run by a process of its own, and is never built or trained."""

    family: Literal["onnx"] = Field(
        "onnx", title="Family", description="A program that teaches and is never trained."
    )


TeacherNetSpec = Annotated[
    CifarResNet | TransformersNet | TimmNet | OnnxProgram, Field(discriminator="family")
]
