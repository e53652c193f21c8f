"""What every teacher can be asked; nothing else tells whether it is alive or stored."""

from __future__ import annotations

from typing import Protocol

from mtkd_engine.data.dataset import Dataset
from mtkd_engine.tasks.grounding.belief import Belief


class Teacher(Protocol):
    """A named source of calibrated beliefs."""

    @property
    def name(self) -> str:
        """How the spec calls it."""
        ...

    @property
    def content_hash(self) -> str:
        """What makes two teachers the same."""
        ...

    def saw(self, dataset: Dataset) -> bool:
        """This will say whether the dataset's training samples may be what it was trained on."""
        ...

    def beliefs(self, *, split: str, dataset: Dataset, student_length: int, device: str) -> Belief:
        """This will give its beliefs on a split, in the split's order, on a student grid of so many clips."""
        ...
