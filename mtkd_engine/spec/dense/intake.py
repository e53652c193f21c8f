"""What a person says of a segmentation or saliency network that came without a card of its own; torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from mtkd_engine.spec.base import Name, Part
from mtkd_engine.spec.dense.inputs import DenseInput, PictureInput
from mtkd_engine.spec.saliency.nets import SALIENCY_FAMILIES, AnySaliencyNet

DENSE_TASKS = ("segmentation", "saliency")


def is_dense_statement(card: Mapping[str, Any]) -> bool:
    """This will tell what is said of a network with an output for every pixel from what is said of others."""
    net = card.get("net")
    family = net.get("family") if isinstance(net, Mapping) else None
    return card.get("task") in DENSE_TASKS or ("task" not in card and family in SALIENCY_FAMILIES)


class DenseStatement(Part):
    """What is not in a checkpoint: task, architecture, the names of its outputs, and what it wants to read."""

    task: Literal["segmentation", "saliency"] = Field(
        "segmentation",
        title="Task",
        description="What it tells of every pixel: a class, or whether people look there.",
    )
    net: AnySaliencyNet | None = Field(
        None,
        title="Architecture",
        description="Its family and sizes; config.json of the library says them as well.",
    )
    classes: Literal["dataset"] | tuple[Name, ...] = Field(
        "dataset",
        title="Classes",
        description="Names of its outputs in their order, without void, or 'dataset' for those of the dataset; of "
        "saliency none count.",
    )
    input: DenseInput = Field(
        default_factory=PictureInput,
        title="Input",
        description="Height, width, mean and spread of what it reads.",
    )

    def names(self, dataset_classes: Sequence[str]) -> tuple[str, ...]:
        """This will give the names of its outputs."""
        return tuple(dataset_classes) if self.classes == "dataset" else tuple(self.classes)
