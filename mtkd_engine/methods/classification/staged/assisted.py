"""A student in stages whom an assistant teaches: it has nobody to weigh, so no weights are told of it."""

from __future__ import annotations

from mtkd_engine.events import Weights
from mtkd_engine.methods.base import Measured, Terms
from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.tasks.classification.batches import ClassBatch


class Assisted(Staged):
    """As `Staged`, of one teacher whose weight is always 1; a job tells the weights with which its teachers taught."""

    def terms(self, batch: ClassBatch) -> Terms:
        """This will compute the terms of the stage."""
        terms = super().terms(batch)
        self.last_weights = None
        return Terms(terms.losses, {})

    def measure(self, *, step: int) -> Measured:
        """This will measure on validation."""
        measured = super().measure(step=step)
        events = [event for event in measured.events if not isinstance(event, Weights)]
        return Measured(measured.score, events, None)
