"""Steps of gates against their gradient worked out by hand, in double precision."""

from __future__ import annotations

import copy
import math

import pytest
import torch

from mtkd_engine.methods.classification.learning import Lesson
from mtkd_engine.spec import ClassAggregatorSpec, FeatureKauSpec, ReinforcedSpec, StaticWeightsSpec
from tests.engine.aggregators.classification import literal
from tests.engine.methods.classification.learning.classroom import TEMPERATURE, a_class


def gate_loss(weights: list[list[float]], lesson: Lesson) -> float:
    """-mean log sum of w_t p_t[y]."""
    total = 0.0
    for row, y in enumerate(lesson.batch.labels_B.tolist()):
        likely = [math.exp(belief) for belief in lesson.signals.log_probs_TBC[:, row, y].tolist()]
        total -= math.log(sum(w * p for w, p in zip(weights[row], likely, strict=True)))
    return total / len(weights)


def policy_loss(weights: list[list[float]], start: list[list[float]], lesson: Lesson, bonus: float) -> float:
    """-mean of sum w_t A_t - bonus * mean H(w); advantages are those of the weights at the start."""
    assert lesson.logits_BC is not None
    advantages = []
    for row, y in enumerate(lesson.batch.labels_B.tolist()):
        logits = lesson.logits_BC[row].tolist()
        earned = [
            literal.reward(belief, logits, y, TEMPERATURE)
            for belief in lesson.signals.log_probs_TBC[:, row].tolist()
        ]
        mean = sum(w * r for w, r in zip(start[row], earned, strict=True))
        advantages.append([r - mean for r in earned])
    flat = [a for row in advantages for a in row]
    spread = math.sqrt(sum(a * a for a in flat) / len(flat))
    total = 0.0
    for own, row in zip(weights, advantages, strict=True):
        total -= sum(w * a / spread for w, a in zip(own, row, strict=True))
        total -= bonus * -sum(w * math.log(w) for w in own)
    return total / len(weights)


def test_static_weights_take_adams_steps_along_the_gradient_of_the_likelihood() -> None:
    """The gradient by a_t is w_t less the mean share of the label's probability that is teacher t's."""
    classroom = a_class(1.0, 3.0, 0.0, dtype=torch.float64)
    aggregator, _ = classroom.taught(StaticWeightsSpec(every=1, learning_rate=0.1), steps=3)
    numbers, first, second = [0.0] * 3, [0.0] * 3, [0.0] * 3
    for step in range(1, 4):
        lesson = classroom.draw(step)
        weights = literal.softmax(numbers)
        shares = [0.0] * 3
        labels = lesson.batch.labels_B.tolist()
        for row, y in enumerate(labels):
            own = [
                w * math.exp(float(lesson.signals.log_probs_TBC[t, row, y])) for t, w in enumerate(weights)
            ]
            shares = [share + part / sum(own) / len(labels) for share, part in zip(shares, own, strict=True)]
        for t in range(3):
            slope = weights[t] - shares[t]
            first[t] = 0.9 * first[t] + 0.1 * slope
            second[t] = 0.999 * second[t] + 0.001 * slope**2
            root = math.sqrt(second[t] / (1 - 0.999**step))
            numbers[t] -= 0.1 * first[t] / (1 - 0.9**step) / (root + 1e-8)
    found = aggregator.state_dict()["scores"]
    torch.testing.assert_close(found, torch.tensor(numbers, dtype=torch.float64), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "spec", [FeatureKauSpec(hidden=4, every=1), ReinforcedSpec(hidden=4, entropy=0.3)], ids=lambda s: s.kind
)
def test_the_gradient_of_a_gate_is_that_of_its_loss_written_out(spec: ClassAggregatorSpec) -> None:
    classroom = a_class(1.0, 3.0, 0.0, dtype=torch.float64)
    aggregator, learner = classroom.beginner(spec)
    generator = torch.Generator().manual_seed(8)
    for parameter in aggregator.parameters():
        parameter.data = 0.5 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    before = copy.deepcopy(aggregator)
    lesson = classroom.draw(1)
    start = lesson.weights(before).tolist()
    learner.after(lesson, step=1, rate=0.05)
    for parameter, moved in zip(aggregator.parameters(), before.parameters(), strict=True):
        place = int(torch.randint(parameter.numel(), (1,), generator=generator))
        losses = []
        for shift in (1e-5, -1e-5):
            moved.data.view(-1)[place] += shift
            weights = lesson.weights(before).tolist()
            if isinstance(spec, ReinforcedSpec):
                losses.append(policy_loss(weights, start, lesson, spec.entropy))
            else:
                losses.append(gate_loss(weights, lesson))
            moved.data.view(-1)[place] -= shift
        assert parameter.grad is not None
        slope = float(parameter.grad.view(-1)[place])
        assert slope == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-4, abs=1e-8)
