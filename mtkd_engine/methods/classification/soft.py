"""The soft-label term: what draws the student to its teachers, under any weights.

Shape suffixes: B samples, T teachers, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mtkd_engine.aggregators.classification import ClassSignals, Space, mix
from mtkd_engine.spec import AverageSpec, DkdLossSpec, MultiTeacherSpec
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.decoupled import warm_up
from mtkd_engine.tasks.classification.losses import inner_loss, kd, weighted_loss


@dataclass(frozen=True, kw_only=True)
class Soft:
    """The loss `inner` of a spec at its temperature, times `scale`; what is averaged is `space`."""

    spec: MultiTeacherSpec
    scale: float
    """What the weights of a rule in the paper's own scale sum to; 1 where they are normalised."""
    steps_of_epoch: int

    @property
    def space(self) -> Space:
        """Weights of samples weigh losses, as in their papers; the plain average says what it averages."""
        aggregator = self.spec.aggregator
        return aggregator.space if isinstance(aggregator, AverageSpec) else "loss"

    def loss(
        self, logits_BC: Tensor, signals: ClassSignals, weights_BT: Tensor, batch: ClassBatch, *, step: int
    ) -> Tensor:
        """This will give the loss of each sample, (B,), after so many steps of the training."""
        return self._factor(step) * self._plain(logits_BC, signals, weights_BT, batch)

    def _plain(
        self, logits_BC: Tensor, signals: ClassSignals, weights_BT: Tensor, batch: ClassBatch
    ) -> Tensor:
        inner, temperature = self.spec.inner, self.spec.temperature
        if self.space == "loss":
            return weighted_loss(
                inner, logits_BC, signals.log_probs_TBC, weights_BT, batch, temperature=temperature
            )
        target_BC = mix(weights_BT, signals, temperature=temperature, space=self.space)
        if inner.kind == "kd":
            return kd(logits_BC, target_BC, temperature=temperature)
        # The belief that softening turns into the mixed target.
        return inner_loss(inner, logits_BC, target_BC * temperature, batch, temperature=temperature)

    def _factor(self, step: int) -> float:
        inner = self.spec.inner
        if not isinstance(inner, DkdLossSpec):
            return self.scale
        return self.scale * warm_up(inner, epoch=step // self.steps_of_epoch + 1)
