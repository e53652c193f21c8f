"""Who teaches whom, as a spec has it.

Shape suffixes: B samples, M learners, P participants, S sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.methods.zoo.knowing import between_all, to_student, with_starts
from mtkd_engine.methods.zoo.turns import Turns
from mtkd_engine.spec import MutualSpec, PartitionSpec


@dataclass(frozen=True, kw_only=True)
class Roles:
    """From how well everybody knows each sample to the sources that teach each learner."""

    spec: MutualSpec | PartitionSpec
    learners: Sequence[int]
    turns: Turns | None

    def weights(self, criterion_BP: Tensor, starts: Mapping[int, Tensor], *, step: int | None) -> Tensor:
        """This will give the weights (B, M, S); where teachers take turns, of the one whose turn is after `step`.

        `starts` says by place how well learners knew each sample, (B,), at the start that they are held to. Without
        a step all teachers have their turn at once.
        """
        if isinstance(self.spec, PartitionSpec):
            (student,) = self.learners
            if step is not None and self.turns is not None:
                criterion_BP = self.turns.only(criterion_BP, student=student, step=step)
            return to_student(criterion_BP, starts[student], student=student)
        sharpness = self.spec.sharpness if self.spec.partition == "soft" else None
        if not starts:
            return between_all(criterion_BP, sharpness=sharpness)
        starts_BM = torch.stack([starts[place] for place in self.learners], dim=1)
        return with_starts(criterion_BP, starts_BM, sharpness=sharpness)
