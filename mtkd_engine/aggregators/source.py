"""Where the beliefs of several classifiers come from; nothing else tells whether they are alive or cached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from torch import Tensor

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.tasks.classification.batches import ClassBatch


class SignalSource(Protocol):
    """The calibrated beliefs of T teachers on batches of every split of one dataset, in its class order."""

    @property
    def names(self) -> Sequence[str]:
        """The teachers, as the spec calls them, in its order."""
        ...

    def signals(self, batch: ClassBatch) -> ClassSignals:
        """This will give their log-probabilities on the images of a batch, (T, B, C), float32, without gradient.

        They lie on the device of the batch. What is asked is told by `split`, `rows_B` and `views_B` of the batch, or
        by its images; nothing is read back from a device.
        """
        ...


class TappedSource(SignalSource, Protocol):
    """Teachers that run beside the student, so that what happens inside them can be had as well."""

    def look(self, batch: ClassBatch) -> tuple[ClassSignals, Sequence[Mapping[str, Tensor]]]:
        """This will give their beliefs, and of each teacher what its taps gave by path, without gradient."""
        ...
