"""Teachers one after the other, as in the sequential order of method partition.

Shape suffixes: B samples, P participants.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.methods.zoo.knowing import NEVER
from mtkd_engine.spec import MutualSpec, PartitionSpec


@dataclass(frozen=True)
class Turns:
    """Teachers one after the other, each for an equal share of the steps."""

    teachers: int
    each: int

    @classmethod
    def of(cls, spec: MutualSpec | PartitionSpec, *, teachers: int, steps: int) -> Turns | None:
        """This will share out the steps where a spec wants teachers one after the other; else None."""
        if not isinstance(spec, PartitionSpec) or spec.order == "parallel" or teachers < 2:
            return None
        return cls(teachers, -(-steps // teachers))

    def ends_at(self, step: int) -> bool:
        """This will tell whether another teacher's turn begins after a step."""
        return step % self.each == 0 and step // self.each < self.teachers

    def only(self, criterion_BP: Tensor, *, student: int, step: int) -> Tensor:
        """This will give a criterion (B, P) with everybody out but the teacher whose turn it is after a step."""
        others = [place for place in range(criterion_BP.shape[1]) if place != student]
        turn = others[min(step // self.each, self.teachers - 1)]
        alone_BP = torch.full_like(criterion_BP, NEVER)
        alone_BP[:, turn] = criterion_BP[:, turn]
        return alone_BP
