"""What every task supplies to methods, aggregators and the loop.

A task is a package of plain functions and frozen types: `Inputs` (what networks read), `Targets` (what losses and
metrics compare with), a `Batch` of both, a split as `Batches`, and the teachers' calibrated beliefs on a batch as
`Signals`. It also says how any teacher's output becomes the task's one Belief.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from torch import Tensor

BatchT_co = TypeVar("BatchT_co", covariant=True)


class Batches(Protocol[BatchT_co]):
    """A split that the loop can train on."""

    def __len__(self) -> int:
        """How many samples there are."""
        ...

    def batch(self, indices: Sequence[int], *, epoch: int = 0) -> BatchT_co:
        """This will give the samples at these positions as they are seen in an epoch, counted from 0."""
        ...


class Signals(Protocol):
    """The calibrated beliefs of T teachers for B samples, alive or stored."""

    @property
    def names(self) -> Sequence[str]:
        """The teachers, in their order."""
        ...

    @property
    def like(self) -> Tensor:
        """A tensor of the dtype and on the device of the beliefs."""
        ...

    @property
    def batch(self) -> int:
        """B."""
        ...
