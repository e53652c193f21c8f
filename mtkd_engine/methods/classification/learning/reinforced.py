"""How the agent of MTKD-RL learns, and what it is rewarded for.

Shape suffixes: T teachers, B samples, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mtkd_engine.aggregators.class_evidence import labels_of
from mtkd_engine.aggregators.classification import ClassAggregator, ClassSignals, softened
from mtkd_engine.methods.classification.learning.base import Learner, Lesson
from mtkd_engine.spec import ReinforcedSpec
from mtkd_engine.untied import Adam

_NOTHING = 1e-8


class ReinforcedLearner(Learner):
    """Policy gradient: loss = -mean_b sum_t w_t A_t - entropy bonus * mean_b H(w), A_t = (r_t - sum_j w_j r_j) / s.

    Paper: MTKD-RL, arXiv 2502.18510. Its released reward is one number per sample, which multiplies the logarithms of
    all weights alike, so that uniform weights are its optimum whatever the teachers are worth. Departure: each
    teacher has a reward of its own, how far one step towards it takes the student towards the label (`rewards`). The
    baseline is what the weights at hand earn; the advantage is divided by its spread s over the batch, so that the
    agent's rate does not depend on how far the student has come. All teachers' rewards are known, so the expectation
    over actions is taken, none is sampled. Uniform weights are its optimum only where all teachers earn the same. It
    learns from the batches that the student learns from, as in the paper, at every step.
    """

    observes = ("agent/reward", "agent/gain")

    def __init__(self, spec: ReinforcedSpec, aggregator: ClassAggregator, *, temperature: float) -> None:
        super().__init__(aggregator, Adam(aggregator.parameters(), lr=spec.learning_rate, fused=True))
        self._bonus = spec.entropy
        self._temperature = temperature

    def _learn(self, lesson: Lesson, *, step: int, rate: float) -> Sequence[Tensor]:
        assert lesson.logits_BC is not None
        labels = labels_of(lesson.batch, classes=lesson.logits_BC.shape[1])
        rewards_BT = rewards(lesson.signals, lesson.logits_BC, labels, temperature=self._temperature)
        weights_BT = lesson.weights(self.aggregator)
        earned_B = (weights_BT.detach() * rewards_BT).sum(1)
        advantage_BT = rewards_BT - earned_B.unsqueeze(1)
        spread = advantage_BT.square().mean().sqrt().clamp(min=_NOTHING)
        gained = (weights_BT * (advantage_BT / spread)).sum(1).mean()
        logs_BT = weights_BT.clamp(min=torch.finfo(weights_BT.dtype).tiny).log()
        entropy = -(weights_BT * logs_BT).sum(1).mean()
        self._descend(-gained - self._bonus * entropy)
        return earned_B.mean(), (earned_B - rewards_BT.mean(1)).mean()


@torch.no_grad()
def rewards(signals: ClassSignals, logits_BC: Tensor, labels: Tensor, *, temperature: float) -> Tensor:
    """This will tell how far a step towards each teacher takes the student towards the label, (B, T).

    To first order, a step against the soft-label gradient of teacher t, tau (s - p_t) with both softened at tau,
    lowers the label's cross-entropy by its inner product with the label's gradient: r_t = (softmax(z_s) - y) .
    (s - p_t); the factor tau is left out. So a teacher earns for what it puts on the label beyond what it puts where
    the student is, and nobody earns much on a sample that the student knows. `labels` are classes (B,) or shares of
    classes (B, C).
    """
    logits_BC = logits_BC.to(signals.like.dtype)
    label_BC = torch.softmax(logits_BC, dim=1)
    if labels.dim() == 2:
        label_BC = label_BC - labels
    else:
        one_B1 = torch.ones_like(labels, dtype=label_BC.dtype).unsqueeze(1)
        label_BC = label_BC.scatter_add(1, labels.unsqueeze(1), -one_B1)
    said_BC = softened(logits_BC, temperature).exp()
    taught_TBC = softened(signals.log_probs_TBC, temperature).exp()
    return (label_BC * said_BC).sum(1, keepdim=True) - torch.einsum("bc,tbc->bt", label_BC, taught_TBC)
