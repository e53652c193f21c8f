"""A network of a dense task that its own mean or an earlier state of it teaches, beside the labels.

As for classifiers (`methods/classification/self_taught.py`), with the task's own way of telling beliefs apart.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.evaluation.dense.face import DenseTask
from mtkd_engine.evaluation.dense.looking import as_it_is
from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Measured, Terms
from mtkd_engine.methods.dense.sight import Sight
from mtkd_engine.methods.own_teacher import OwnTeacher, WithOwnTeacher
from mtkd_engine.nets.dense import DenseNet
from mtkd_engine.spec import PixelOptimSpec, SelfSpec
from mtkd_engine.tasks.dense import DenseBatch


class SelfTaught(WithOwnTeacher[DenseBatch, DenseNet]):
    """Loss = hard + weight * T^2 transfer(own teacher, student), the second only once there is something to teach."""

    def __init__(
        self, sight: Sight, own: OwnTeacher[DenseNet], *, own_sight: Sight, spec: SelfSpec, task: DenseTask
    ) -> None:
        super().__init__(sight.model, own, spec)
        self._sight = sight
        self._own_sight = own_sight
        self._task = task

    @classmethod
    def of(cls, sight: Sight, *, spec: SelfSpec, optim: PixelOptimSpec, task: DenseTask) -> SelfTaught:
        """This will begin with a copy of the student as it is."""
        steps = -(-len(task.splits["train"]) // optim.batch_size)
        own = OwnTeacher(sight.model, spec, steps_of_epoch=steps)
        plain = optim.model_copy(update={"compile": False, "cuda_graphs": False})
        return cls(sight, own, own_sight=Sight(own.net, sight.reads, optim=plain), spec=spec, task=task)

    def terms(self, batch: DenseBatch) -> Terms:
        """This will compute `hard`, and `kd` where there is a teacher already."""
        target = self._target(batch)
        logits = self._sight.look(batch.inputs)
        losses = {"hard": self._task.losses(self._task.belief(logits, batch), batch).mean()}
        if target is not None:
            temperature = self._spec.temperature
            learner = self._task.belief(logits, batch, temperature=temperature)
            apart_B = self._task.transfer(target, learner, batch)
            losses["kd"] = self._spec.distill_weight * temperature**2 * apart_B.mean()
        return Terms(losses)

    def measure(self, *, step: int) -> Measured:
        """This will measure the student on validation, and its teacher by the metric that decides."""
        primary = self._task.primary
        judged = self._task.judge(as_it_is(self.student, self._sight.reads), "val", thorough=False)
        named = {f"val/{name}": value for name, value in judged.values.items()}
        if (teacher := self.teacher) is not None:
            told = self._task.judge(as_it_is(teacher, self._sight.reads), "val", thorough=False).values
            named |= {f"val/target_{primary}": told[primary]} if primary in told else {}
        return Measured(judged.score(primary), [Metrics(step=step, values=named)])

    def _target(self, batch: DenseBatch) -> Tensor | None:
        """What teaches the batch: the softened belief of the teacher."""
        if self.teacher is None:
            return None
        with torch.no_grad():
            logits = self._own_sight.look(batch.inputs)
            return self._task.belief(logits, batch, temperature=self._spec.temperature)
