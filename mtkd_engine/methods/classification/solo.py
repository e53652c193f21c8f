"""Training a classifier from labels alone: how teachers are made."""

from __future__ import annotations

from mtkd_engine.evaluation.classification.asking import ask
from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Measured, Method, Terms
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.tasks.classification.batches import ImageBatch
from mtkd_engine.tasks.classification.losses import hard_label_loss
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.split import ImageSplit


class Solo(Method[ImageBatch]):
    """One network, one loss term: `hard`."""

    def __init__(self, sight: Sight, *, val: ImageSplit) -> None:
        super().__init__()
        self.student = sight.model
        self._sight = sight
        self._val = val

    def terms(self, batch: ImageBatch) -> Terms:
        """This will compute the label loss of one batch."""
        seen = self._sight.look(batch.images_BCHW)
        return Terms({"hard": hard_label_loss(seen.logits_BC, batch)})

    def measure(self, *, step: int) -> Measured:
        """This will measure the network on validation."""
        answers = ask(self.student, self._sight.reads, self._val)
        values = Quality.of(answers.log_probs(), self._val.labels_N.cpu()).values
        named = {f"val/{name}": value for name, value in values.items()}
        return Measured(values["top1"], [Metrics(step=step, values=named)])
