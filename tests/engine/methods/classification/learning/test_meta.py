"""A meta-step: its gradient through the student's steps, and the buffer that it draws from."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from mtkd_engine.methods.classification.learning.meta import MetaLearner, outcome
from mtkd_engine.nets.classification import Classifier
from mtkd_engine.spec import MetaSpec
from tests.engine.aggregators.classification import literal
from tests.engine.methods.classification.learning.classroom import (
    CLASSES,
    TEMPERATURE,
    WIDTH,
    Classroom,
    a_class,
)

RATE, INNER = 0.3, 2


@pytest.fixture
def classroom() -> Classroom:
    return a_class(0.0, 4.0, 1.0, dtype=torch.float64)


def test_the_meta_gradient_is_that_of_the_whole_way_through_the_students_steps(classroom: Classroom) -> None:
    aggregator, _ = classroom.beginner(MetaSpec())
    generator = torch.Generator().manual_seed(8)
    for parameter in aggregator.parameters():
        parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    hard = classroom.draw(1)

    def after() -> Tensor:
        weights_BT = hard.weights(aggregator)
        inputs = classroom.inputs(hard.batch)
        return outcome(
            classroom.student, inputs, hard, weights_BT, rate=RATE, inner_steps=INNER, temperature=TEMPERATURE
        )

    after().backward()  # type: ignore[no-untyped-call]
    for parameter in aggregator.parameters():
        assert parameter.grad is not None
        assert float(parameter.grad.abs().max()) > 0
        for place in torch.randperm(parameter.numel(), generator=generator)[:3].tolist():
            found = []
            for shift in (1e-5, -1e-5):
                parameter.data.view(-1)[place] += shift
                found.append(float(after().detach()))
                parameter.data.view(-1)[place] -= shift
            slope = float(parameter.grad.view(-1)[place])
            assert slope == pytest.approx((found[0] - found[1]) / 2e-5, rel=1e-4, abs=1e-9)


class OneLayer(Classifier):
    """Logits straight from the input, so that its steps can be taken by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(WIDTH, CLASSES, bias=False)

    def features(self, images_BCHW: Tensor) -> Tensor:
        """What it was given."""
        return images_BCHW

    def head(self, features_BF: Tensor) -> Tensor:
        """Logits (B, C)."""
        logits_BC: Tensor = self.last(features_BF)
        return logits_BC


def test_the_outcome_is_that_of_the_same_steps_taken_in_plain_numbers(classroom: Classroom) -> None:
    classroom.student = OneLayer().double()
    aggregator, _ = classroom.beginner(MetaSpec())
    hard = classroom.at(range(6))
    weights_BT = hard.weights(aggregator).detach()
    found = outcome(
        classroom.student,
        hard.batch.images_BCHW,
        hard,
        weights_BT,
        rate=RATE,
        inner_steps=INNER,
        temperature=TEMPERATURE,
    )
    vectors, labels = hard.batch.images_BCHW.tolist(), hard.batch.labels_B.tolist()
    rows = classroom.student.state_dict()["last.weight"].tolist()

    def step(pulls: list[list[float]]) -> None:
        for c in range(CLASSES):
            for f in range(WIDTH):
                slope = sum(pull[c] * vector[f] for pull, vector in zip(pulls, vectors, strict=True))
                rows[c][f] -= RATE * slope / len(vectors)

    def said() -> list[list[float]]:
        return [literal.linear(rows, None, vector) for vector in vectors]

    for _ in range(INNER):
        pulls = []
        for row, logits in enumerate(said()):
            own = literal.softened(logits, TEMPERATURE)
            teachers = [
                literal.softened(belief, TEMPERATURE)
                for belief in hard.signals.log_probs_TBC[:, row].tolist()
            ]
            mixed = [
                sum(w * p[c] for w, p in zip(weights_BT[row].tolist(), teachers, strict=True))
                for c in range(CLASSES)
            ]
            pulls.append([TEMPERATURE * (s - m) for s, m in zip(own, mixed, strict=True)])
        step(pulls)
    step(
        [
            [p - (c == y) for c, p in enumerate(literal.softmax(logits))]
            for logits, y in zip(said(), labels, strict=True)
        ]
    )
    chosen = [literal.softmax(logits)[y] for logits, y in zip(said(), labels, strict=True)]
    expected = -torch.tensor(chosen, dtype=torch.float64).log().mean()
    torch.testing.assert_close(found.detach(), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("samples", [2, 3, 11])
def test_nothing_has_the_size_of_a_batch(classroom: Classroom, samples: int) -> None:
    aggregator, _ = classroom.beginner(MetaSpec())
    lesson = classroom.at(range(samples))
    assert lesson.weights(aggregator).shape == (samples, 3)
    loss = outcome(
        classroom.student,
        lesson.batch.images_BCHW,
        lesson,
        lesson.weights(aggregator),
        rate=RATE,
        inner_steps=1,
        temperature=TEMPERATURE,
    )
    assert bool(torch.isfinite(loss))


def test_the_buffer_holds_what_the_student_got_wrong_and_each_sample_once(classroom: Classroom) -> None:
    _, learner = classroom.taught(MetaSpec(every=1, buffer=16), steps=6)
    assert isinstance(learner, MetaLearner)
    rows = learner.rows_K.tolist()
    assert len(set(rows)) == 16
    assert min(rows) >= 0
    lesson = classroom.at(rows)
    assert lesson.logits_BC is not None
    assert not bool((lesson.logits_BC.argmax(1) == lesson.batch.labels_B).any())


def test_a_student_that_gets_all_right_is_left_alone(classroom: Classroom) -> None:
    lesson = classroom.whole()
    assert lesson.logits_BC is not None
    classroom.labels_N = lesson.logits_BC.argmax(1)
    aggregator, learner = classroom.taught(MetaSpec(every=1), steps=3)
    assert not any(
        bool(parameter.any()) for name, parameter in aggregator.named_parameters() if "output" in name
    )
    assert float(learner.seen_N.sum()) == 0.0


def test_steps_between_meta_steps_learn_nothing(classroom: Classroom) -> None:
    aggregator, learner = classroom.taught(MetaSpec(every=3), steps=1)
    before = copy.deepcopy(aggregator.state_dict())
    for step in (2, 3):
        learner.after(classroom.draw(step), step=step, rate=RATE)
        assert all(torch.equal(value, before[name]) for name, value in aggregator.state_dict().items())
    learner.after(classroom.draw(4), step=4, rate=RATE)
    assert not torch.equal(aggregator.state_dict()["output.weight"], before["output.weight"])
