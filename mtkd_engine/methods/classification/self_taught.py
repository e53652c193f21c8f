"""A classifier that its own mean or an earlier state of it teaches, beside the labels.

Mean teacher (Tarvainen & Valpola 2017, arXiv 1703.01780) and Snapshot Distillation (Yang et al. 2019, arXiv
1812.00123); what is ours in both stands in `SelfSpec`. The student is measured and left; its teacher is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.evaluation.classification.asking import ask
from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Measured, Method, Terms
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.own_teacher import TITLES, OwnTeacher
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.spec import SelfSpec
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.losses import hard_label_loss, kd, mean_of
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.splits.base import ClassSplit


class SelfTaught(Method[ClassBatch]):
    """Loss = hard + weight * T^2 KL(own teacher || student), the second only once there is something to teach."""

    grows = frozenset({"kd"})

    def __init__(
        self, sight: Sight, own: OwnTeacher, *, own_sight: Sight, spec: SelfSpec, val: ClassSplit
    ) -> None:
        super().__init__()
        self.student = sight.model
        self.own = own
        self._sight = sight
        self._own_sight = own_sight
        self._spec = spec
        self._val = val
        self._steps = 0

    @property
    def teacher(self) -> Classifier | None:
        """The network that teaches now; None while there is none."""
        net = self.own.net
        assert isinstance(net, Classifier)
        return net if self.own.teaches(self._steps) else None

    @property
    def title(self) -> str:
        """What it is called in results."""
        return TITLES[self._spec.teacher]

    def fitted(self) -> Iterator[nn.Parameter]:
        """This will give the student's parameters."""
        return (parameter for parameter in self.student.parameters() if parameter.requires_grad)

    def get_extra_state(self) -> dict[str, Any]:
        """This will give the number of steps done, for a checkpoint."""
        return {"steps": self._steps}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """This will take up the number of steps done."""
        self._steps = state["steps"]

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

    def stepped(self, *, step: int, rate: float) -> dict[str, Tensor]:
        """This will renew the teacher."""
        self._steps = step
        self.own.follow(self.student, step=step)
        return {}

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
