"""Training from labels alone: how teachers of dense tasks are made."""

from __future__ import annotations

from mtkd_engine.evaluation.dense.face import DenseTask
from mtkd_engine.evaluation.dense.looking import as_it_is
from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Measured, Method, Terms
from mtkd_engine.methods.dense.sight import Sight
from mtkd_engine.tasks.dense import DenseBatch


class Solo(Method[DenseBatch]):
    """One network, one loss term: `hard`."""

    def __init__(self, sight: Sight, *, task: DenseTask) -> None:
        super().__init__()
        self.student = sight.model
        self._sight = sight
        self._task = task

    def terms(self, batch: DenseBatch) -> Terms:
        """This will compute the label loss of one batch."""
        belief = self._task.belief(self._sight.look(batch.inputs), batch)
        return Terms({"hard": self._task.losses(belief, batch).mean()})

    def measure(self, *, step: int) -> Measured:
        """This will measure the network on validation."""
        judged = self._task.judge(as_it_is(self._sight.model, self._sight.reads), "val", thorough=False)
        named = {f"val/{name}": value for name, value in judged.values.items()}
        return Measured(judged.score(self._task.primary), [Metrics(step=step, values=named)])
