"""Training from labels alone: how teachers are made."""

from __future__ import annotations

from torch import nn

from mtkd_engine.evaluation.student import quality
from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Measured, Method, Terms
from mtkd_engine.tasks.grounding.batches import Batch, SplitData
from mtkd_engine.tasks.grounding.losses import hard_label_loss


class Solo(Method[Batch]):
    """One network, one loss term: `hard`."""

    def __init__(self, student: nn.Module, *, val: SplitData) -> None:
        super().__init__()
        self.student = student
        self._val = val

    def terms(self, batch: Batch) -> Terms:
        """This will compute the label loss of the network's own output kind."""
        return Terms({"hard": hard_label_loss(self.student(batch.inputs), batch.targets)})

    def measure(self, *, step: int) -> Measured:
        """This will measure the network on validation."""
        values = quality(self.student, self._val)
        named = {f"val/{name}": value for name, value in values.items()}
        return Measured(values["miou"], [Metrics(step=step, values=named)])
