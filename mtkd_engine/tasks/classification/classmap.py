"""A teacher's outputs in the order of the dataset's classes.

Shape suffixes: C classes of the dataset, K outputs of the teacher; `...` whatever stands before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mtkd_engine.spec.classification.classes import places_of


@dataclass(frozen=True)
class ClassMap:
    """At which output of a teacher each class of the dataset stands."""

    places: tuple[int, ...]
    outputs: int
    """K: how many classes the teacher knows; those that the dataset has not are dropped."""
    _indices: dict[torch.device, Tensor] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls, teacher_classes: Sequence[str], dataset_classes: Sequence[str], *, teacher: str = ""
    ) -> ClassMap:
        """This will map by names; see `places_of` for what is refused."""
        return cls(places_of(teacher_classes, dataset_classes, teacher=teacher), len(teacher_classes))

    @property
    def is_identity(self) -> bool:
        """Whether nothing moves and nothing is dropped."""
        return self.places == tuple(range(self.outputs))

    @property
    def digest(self) -> str:
        """What caches compare: the sha256 of the places."""
        return hashlib.sha256(f"{self.outputs}:{','.join(map(str, self.places))}".encode()).hexdigest()

    def apply(self, logits: Tensor, *, dim: int = -1) -> Tensor:
        """This will give the dataset's logits, (..., C), of the teacher's, (..., K); the same tensor if all stays.

        Classes may lie along another dimension, `dim`.
        """
        if self.is_identity:
            return logits
        return logits.index_select(dim, self._on(logits.device))

    def _on(self, device: torch.device) -> Tensor:
        if device not in self._indices:  # made once: a copy to the device in every step would wait for it
            with torch.inference_mode(False):
                self._indices[device] = torch.tensor(self.places, device=device)
        return self._indices[device]
