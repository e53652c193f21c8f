"""What a registered image classifier is as a teacher; how it is asked is told by `SignalSource`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import nn

from mtkd_engine.aggregators.source import SignalSource
from mtkd_engine.spec import ClassifierCard

__all__ = ["ClassTeacher", "KnownDataset", "SignalSource"]


class KnownDataset(Protocol):
    """What a teacher has to know of a dataset to tell whether it was trained on it."""

    @property
    def whole_hash(self) -> str:
        """The content hash of the dataset as it was registered."""
        ...


@dataclass(frozen=True, kw_only=True)
class ClassTeacher:
    """A named, frozen image classifier; `model` is None where it may not run in this process (ONNX).

    Its classes hold every class of the dataset it teaches on: `load_class_teachers` refuses it otherwise.
    """

    name: str
    content_hash: str
    """What makes two teachers the same, whatever files they lie in."""
    card: ClassifierCard
    file: Path
    model: nn.Module | None = None
    """In evaluation mode, without gradients, on the CPU until something moves it."""

    def saw(self, dataset: KnownDataset) -> bool:
        """This will say whether it was trained on the dataset; without a recipe it may have been."""
        return self.card.recipe is None or self.card.recipe.dataset_hash == dataset.whole_hash
