"""How the meta-network of MMKD learns: through what its weights make of the student.

Shape suffixes: T teachers, B samples, C classes, K places of the buffer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

from mtkd_engine.aggregators.classification import ClassAggregator, mix
from mtkd_engine.methods.classification.learning.base import HeldOut, Learner, Lesson
from mtkd_engine.nets.classification import Classifier
from mtkd_engine.nets.classification.clips.given import Given
from mtkd_engine.spec import MetaSpec
from mtkd_engine.untied import Adam

SIZE = 64
"""Samples of a meta-step."""
DECAY = 1e-4


class MetaLearner(Learner):
    """Every few steps: what would the student be after steps of matching alone, and how well would it do then?

    Paper: MMKD, arXiv 2306.06634, algorithm 1. On up to 64 samples of a buffer of hard ones, from the student as it
    stands, theta: `inner_steps` times theta <- theta - rate * grad sum_t w_t D_t(theta), once theta <- theta - rate *
    grad CE(theta); then CE(theta) is differentiated through all of these steps by the parameters of the meta-network.
    The student itself is not touched. Departures: the steps are plain gradient descent at the student's rate, and D
    is the KL divergence whatever the inner loss; weights are found once per meta-step, for the student as it stands,
    which is how they are used; the buffer holds samples of validation, which no teacher has learned from (of train,
    where the spec says so), by their position, and nothing has the size of a batch. Single precision. Meta-steps read
    back from the device which samples are hard; the steps between them read nothing.
    """

    observes = ("loss/meta",)
    rows_K: Tensor

    def __init__(
        self, spec: MetaSpec, aggregator: ClassAggregator, held_out: HeldOut, *, temperature: float
    ) -> None:
        optimizer = Adam(aggregator.parameters(), lr=spec.learning_rate, weight_decay=DECAY, fused=True)
        super().__init__(aggregator, optimizer)
        self._spec = spec
        self._held_out = held_out
        self._temperature = temperature
        self.register_buffer("rows_K", torch.full((spec.buffer,), -1))

    def _learn(self, lesson: Lesson, *, step: int, rate: float) -> Sequence[Tensor] | None:
        if (step - 1) % self._spec.every:
            return None
        generator = np.random.default_rng([step, self._spec.buffer])
        rows = self._refreshed(self._held_out.draw(step), generator)
        if not rows:
            return None
        taken = generator.permutation(len(rows))[:SIZE]
        hard = self._held_out.at([rows[place] for place in taken])
        loss = outcome(
            self._held_out.student,
            self._held_out.inputs(hard.batch),
            hard,
            hard.weights(self.aggregator),
            rate=rate,
            inner_steps=self._spec.inner_steps,
            temperature=self._temperature,
        )
        self._descend(loss)
        return (loss,)

    def _refreshed(self, seen: Lesson, generator: np.random.Generator) -> list[int]:
        """Put what the student gets wrong into free places, or random ones, and give all rows that are held."""
        assert seen.logits_BC is not None
        wrong_B = seen.logits_BC.argmax(1) != seen.batch.labels_B
        held = self.rows_K.tolist()
        fresh = sorted(set(seen.batch.rows_B[wrong_B.cpu()].tolist()) - set(held))
        free = [place for place, row in enumerate(held) if row < 0]
        others = generator.permutation([place for place, row in enumerate(held) if row >= 0])
        for place, row in zip([*free, *others], fresh, strict=False):
            held[int(place)] = row
        self.rows_K = torch.tensor(held, device=self.rows_K.device)
        return [row for row in held if row >= 0]


def outcome(
    student: Classifier,
    inputs: Given,
    hard: Lesson,
    weights_BT: Tensor,
    *,
    rate: float,
    inner_steps: int,
    temperature: float,
) -> Tensor:
    """This will give the cross-entropy that the student would have after steps of matching and one of labels.

    Its gradient flows through all of the steps to the weights; the student's parameters and statistics stay as they
    are.
    """
    state = {
        name: parameter.detach().clone().requires_grad_() for name, parameter in student.named_parameters()
    }
    kept = {name: buffer.clone() for name, buffer in student.named_buffers()}
    target_BC = mix(weights_BT, hard.signals, temperature=temperature, space="probability").exp()
    labels_B = hard.batch.labels_B

    def said(parameters: dict[str, Tensor]) -> Tensor:
        logits: Tensor = functional_call(student, {**parameters, **kept}, (inputs,))
        return logits.to(weights_BT.dtype)

    def after(parameters: dict[str, Tensor], loss: Tensor) -> dict[str, Tensor]:
        gradients = torch.autograd.grad(loss, list(parameters.values()), create_graph=True)
        moved = zip(parameters.items(), gradients, strict=True)
        return {name: parameter - rate * gradient for (name, parameter), gradient in moved}

    for _ in range(inner_steps):
        matched_BC = torch.log_softmax(said(state) / temperature, dim=1)
        state = after(state, -(temperature**2) * (target_BC * matched_BC).sum(1).mean())
    state = after(state, functional.cross_entropy(said(state), labels_B))
    return functional.cross_entropy(said(state), labels_B)
