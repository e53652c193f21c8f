"""Training a classifier from labels alone: how teachers are made."""

from __future__ import annotations

from mtkd_engine.evaluation.classification.asking import ask
from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Measured, Method, Terms
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.losses import hard_label_loss, mean_of
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.splits.base import ClassSplit


class Solo(Method[ClassBatch]):
    """One network, one loss term: `hard`."""

    def __init__(self, sight: Sight, *, val: ClassSplit) -> None:
        super().__init__()
        self.student = sight.model
        self._sight = sight
        self._val = val

    def terms(self, batch: ClassBatch) -> Terms:
        """This will compute the label loss of one batch."""
        seen = self._sight.look(batch.inputs)
        return Terms({"hard": mean_of([hard_label_loss(logits_BC, batch) for logits_BC in seen.taught])})

    def measure(self, *, step: int) -> Measured:
        """This will measure the network on validation."""
        answers = ask(self.student, self._sight.reads, self._val)
        values = Quality.of(answers.log_probs(), self._val.labels_N.cpu()).values
        named = {f"val/{name}": value for name, value in values.items()}
        return Measured(values["top1"], [Metrics(step=step, values=named)])
