"""Per batch, the weights whose combined gradient is shortest.

Shape suffixes: T teachers, B samples, C classes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals, softened
from mtkd_engine.spec import GradientSpec

ROUNDS = 120
_PENALTY, _RELAXED = 0.5, 1.6
_NOTHING = 1e-30


class GradientAggregator(ClassAggregator):
    """AE-KD: w minimises 1/2 |sum_t w_t g_t|^2 where sum w = 1 and 0 <= w_t <= tolerance.

    Paper: Du et al., "Agree to disagree: adaptive ensemble knowledge distillation in gradient space", NeurIPS 2020,
    the variant on logits. g_t is the gradient of teacher t's soft-label loss by the student's logits, mean over the
    batch; it has the closed form tau (softmax(z_s / tau) - softmax(z_t / tau)), so that no backward pass is needed.
    A tolerance of 1 / T or less is the average, 1 is the shortest vector there is (MGDA). One set of weights per
    batch. Departure: the released code finds the weights by a one-class support vector machine on the host, here they
    are found where the logits are (`shortest`), and nothing is read back.
    """

    needs_student = True
    online = True

    def __init__(self, spec: GradientSpec, *, temperature: float) -> None:
        super().__init__()
        self.tolerance = spec.tolerance
        self.temperature = temperature

    def weights(
        self,
        signals: ClassSignals,
        context: ClassContext | None,
        student: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> Tensor:
        """This will weigh the teachers of the whole batch by the gradients that they ask for, (B, 1, T)."""
        assert student is not None
        with torch.no_grad():
            gradients_TC = logit_gradients(signals, student, temperature=self.temperature)
            weights_T = shortest(gradients_TC.double() @ gradients_TC.double().T, most=self.tolerance)
        return weights_T.to(signals.like.dtype).repeat(signals.batch, 1, 1)


def logit_gradients(signals: ClassSignals, student_BC: Tensor, *, temperature: float) -> Tensor:
    """This will give the gradient of each teacher's soft-label loss by the logits, mean over the batch, (T, C)."""
    said_C = softened(student_BC.to(signals.like.dtype), temperature).exp().mean(0)
    return temperature * (said_C - softened(signals.log_probs_TBC, temperature).exp().mean(1))


def shortest(gram_TT: Tensor, *, most: float) -> Tensor:
    """This will find w, sum 1, 0 <= w_t <= most, with the least w G w, (T,); `most` of 1 / T or less is uniform.

    By the alternating direction method of multipliers: one projection solves the equality exactly, the other cuts to
    the box; 120 rounds, whatever the numbers are, so that nothing has to be read back to know when to stop. From
    uniform weights: where all weights serve alike, they stay uniform.
    """
    teachers = len(gram_TT)
    if most * teachers <= 1:
        return torch.full((teachers,), 1.0 / teachers, dtype=gram_TT.dtype, device=gram_TT.device)
    scaled_TT = gram_TT / gram_TT.diagonal().mean().clamp(min=_NOTHING)
    eye_TT = torch.eye(teachers, dtype=gram_TT.dtype, device=gram_TT.device)
    inverse_TT, _ = torch.linalg.inv_ex(scaled_TT + _PENALTY * eye_TT)
    share_T = inverse_TT.sum(1)
    total = share_T.sum()
    start_T = share_T / total
    map_TT = _PENALTY * (inverse_TT - torch.outer(share_T, start_T))
    cut_T = torch.full_like(share_T, 1.0 / teachers)
    over_T = torch.zeros_like(share_T)
    for _ in range(ROUNDS):
        solved_T = torch.addmv(start_T, map_TT, cut_T - over_T)
        eager_T = torch.lerp(cut_T, solved_T, _RELAXED)
        cut_T = (eager_T + over_T).clamp(0.0, most)
        over_T = over_T + eager_T - cut_T
    return cut_T / cut_T.sum()
