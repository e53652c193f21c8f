"""A network of a dense task that its own mean or an earlier state of it teaches, beside the labels.

As for classifiers (`methods/classification/self_taught.py`), with the task's own way of telling beliefs apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.evaluation.dense.face import DenseTask
from mtkd_engine.evaluation.dense.looking import as_it_is
from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Measured, Method, Terms
from mtkd_engine.methods.dense.sight import Sight
from mtkd_engine.methods.own_teacher import TITLES, OwnTeacher
from mtkd_engine.nets.dense import DenseNet
from mtkd_engine.spec import PixelOptimSpec, SelfSpec
from mtkd_engine.tasks.dense import DenseBatch


class SelfTaught(Method[DenseBatch]):
    """Loss = hard + weight * T^2 transfer(own teacher, student), the second only once there is something to teach."""

    grows = frozenset({"kd"})

    def __init__(
        self, sight: Sight, own: OwnTeacher, *, own_sight: Sight, spec: SelfSpec, task: DenseTask
    ) -> None:
        super().__init__()
        self.student = sight.model
        self.own = own
        self._sight = sight
        self._own_sight = own_sight
        self._spec = spec
        self._task = task
        self._steps = 0

    @classmethod
    def of(cls, sight: Sight, *, spec: SelfSpec, optim: PixelOptimSpec, task: DenseTask) -> SelfTaught:
        """This will begin with a copy of the student as it is."""
        steps = -(-len(task.splits["train"]) // optim.batch_size)
        own = OwnTeacher(sight.model, spec, steps_of_epoch=steps)
        assert isinstance(own.net, DenseNet)
        plain = optim.model_copy(update={"compile": False, "cuda_graphs": False})
        return cls(sight, own, own_sight=Sight(own.net, sight.reads, optim=plain), spec=spec, task=task)

    @property
    def teacher(self) -> DenseNet | None:
        """The network that teaches now; None while there is none."""
        net = self.own.net
        assert isinstance(net, DenseNet)
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

    def stepped(self, *, step: int, rate: float) -> dict[str, Tensor]:
        """This will renew the teacher."""
        self._steps = step
        self.own.follow(self.student, step=step)
        return {}

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
