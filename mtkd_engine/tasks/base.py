"""What every task supplies to methods, evaluation and the loop.

A task is a package of plain functions and two frozen types: `Inputs` (what networks read) and `Targets` (what
losses and metrics compare with). It also says how any teacher's output becomes the task's one Belief.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from mtkd_engine.data.dataset import Sample

InputsT_co = TypeVar("InputsT_co", covariant=True)
TargetsT_co = TypeVar("TargetsT_co", covariant=True)


class Collates(Protocol[InputsT_co, TargetsT_co]):
    """Turns samples into what one network reads and is compared with; every network has its own."""

    def inputs(self, samples: Sequence[Sample]) -> InputsT_co:
        """This will give the padded, masked inputs of a batch."""
        ...

    def targets(self, samples: Sequence[Sample]) -> TargetsT_co:
        """This will give the labels of a batch on the network's own grid."""
        ...
