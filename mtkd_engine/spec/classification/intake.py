"""What a person says of a classifier that came without a card of its own; torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from mtkd_engine.spec.base import Name, Part
from mtkd_engine.spec.classification.inputs import ImageInput
from mtkd_engine.spec.classification.kinds import FAMILIES, AnyInput, StatedNet
from mtkd_engine.spec.classification.model import MOST_CLASSES

_IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
_HALF = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
INPUTS: Mapping[str, tuple[str, ImageInput]] = {
    "cifar_imagenet": (
        "32 px, mean and spread of ImageNet",
        ImageInput.model_validate({"size": 32, **_IMAGENET}),
    ),
    "cifar10": (
        "32 px, mean and spread of CIFAR-10",
        ImageInput(size=32, mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616)),
    ),
    "cifar100": (
        "32 px, mean and spread of CIFAR-100",
        ImageInput(size=32, mean=(0.5071, 0.4865, 0.4409), std=(0.2673, 0.2564, 0.2762)),
    ),
    "imagenet": (
        "224 px, mean and spread of ImageNet",
        ImageInput.model_validate({"size": 224, **_IMAGENET}),
    ),
    "half": ("224 px, values from -1 to 1", ImageInput.model_validate({"size": 224, **_HALF})),
}
"""Usual inputs by name: what to say of each, and what it is."""
InputName = Literal["cifar_imagenet", "cifar10", "cifar100", "imagenet", "half"]


def is_statement(card: Mapping[str, Any]) -> bool:
    """This will tell what is said of a classifier, a whole card included, from the card of another task."""
    net = card.get("net")
    family = net.get("family") if isinstance(net, Mapping) else None
    if card.get("task", "classification") != "classification":
        return False
    return family in FAMILIES or "task" in card or any(name in card for name in ("classes", "input"))


class TeacherStatement(Part):
    """What is not in a checkpoint: its architecture, the names of its outputs, and what it wants to read."""

    task: Literal["classification"] = "classification"
    net: StatedNet | None = Field(
        None,
        title="Architecture",
        description="Null for the one that its tensors speak for; ONNX needs none.",
    )
    classes: Literal["dataset"] | tuple[Name, ...] = Field(
        "dataset",
        title="Classes",
        description="Names of its outputs in their order, or 'dataset' for those of the dataset in its order.",
    )
    input: InputName | AnyInput = Field(
        "cifar_imagenet",
        title="Input",
        description="A usual input of images by name, or size, mean and spread; of clips what their networks read.",
    )

    @property
    def reads(self) -> AnyInput:
        """What the network wants to read."""
        return INPUTS[self.input][1] if isinstance(self.input, str) else self.input

    def names(self, dataset_classes: Sequence[str]) -> tuple[str, ...]:
        """This will give the names of its outputs; raises ValueError for too many."""
        names = tuple(dataset_classes) if self.classes == "dataset" else tuple(self.classes)
        if len(names) > MOST_CLASSES:
            raise ValueError(f"classes: given {len(names):,}, accepted are up to {MOST_CLASSES:,}")
        return names
