"""A classifier that its own mean or an earlier state of it teaches, beside the labels.

Mean teacher (Tarvainen & Valpola 2017, arXiv 1703.01780) and Snapshot Distillation (Yang et al. 2019, arXiv
1812.00123); what is ours in both stands in `SelfSpec`. The student is measured and left; its teacher is told beside it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.evaluation.classification.asking import ask
from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Measured, Terms
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.own_teacher import OwnTeacher, WithOwnTeacher
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.spec import SelfSpec
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.losses import hard_label_loss, kd, mean_of
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.splits.base import ClassSplit


class SelfTaught(WithOwnTeacher[ClassBatch, Classifier]):
    """Loss = hard + weight * T^2 KL(own teacher || student), the second only once there is something to teach."""

    def __init__(
        self, sight: Sight, own: OwnTeacher[Classifier], *, own_sight: Sight, spec: SelfSpec, val: ClassSplit
    ) -> None:
        super().__init__(sight.model, own, spec)
        self._sight = sight
        self._own_sight = own_sight
        self._val = val

    def terms(self, batch: ClassBatch) -> Terms:
        """This will compute `hard`, and `kd` where there is a teacher already."""
        target_BC = self._target(batch)
        seen = self._sight.look(batch.inputs)
        losses = {"hard": mean_of([hard_label_loss(logits_BC, batch) for logits_BC in seen.taught])}
        if target_BC is not None:
            temperature = self._spec.temperature
            soft_B = mean_of([kd(logits, target_BC, temperature=temperature) for logits in seen.taught])
            losses["kd"] = self._spec.distill_weight * soft_B.mean()
        return Terms(losses)

    def measure(self, *, step: int) -> Measured:
        """This will measure the student on validation, and its teacher as `val/target_top1`."""
        values = self._quality(self.student)
        named = {f"val/{name}": value for name, value in values.items()}
        if (teacher := self.teacher) is not None:
            named["val/target_top1"] = self._quality(teacher)["top1"]
        return Measured(values["top1"], [Metrics(step=step, values=named)])

    def _target(self, batch: ClassBatch) -> Tensor | None:
        """What teaches the batch, softened log-probabilities (B, C)."""
        if self.teacher is None:
            return None
        with torch.no_grad():
            logits_BC = self._own_sight.look(batch.inputs).logits_BC
            return torch.log_softmax(logits_BC / self._spec.temperature, dim=1)

    def _quality(self, net: Classifier) -> dict[str, float]:
        answers = ask(net, self._sight.reads, self._val)
        return Quality.of(answers.log_probs(), self._val.labels_N.cpu()).values
