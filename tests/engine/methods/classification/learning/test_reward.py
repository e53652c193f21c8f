"""What the agent is rewarded for: its formula, what it means, and that uniform weights are no optimum."""

from __future__ import annotations

import pytest
import torch

from mtkd_engine.aggregators.class_evidence import labels_of
from mtkd_engine.aggregators.classification import softened
from mtkd_engine.methods.classification.learning.reinforced import rewards
from mtkd_engine.spec import ReinforcedSpec
from mtkd_engine.tasks.classification.batches import Mixed
from tests.engine.aggregators.classification import literal
from tests.engine.methods.classification.learning.classroom import CLASSES, TEMPERATURE, Classroom, a_class


@pytest.fixture
def classroom() -> Classroom:
    return a_class(0.0, 4.0, 1.0, dtype=torch.float64)


def test_a_reward_is_its_formula(classroom: Classroom) -> None:
    lesson = classroom.draw(1)
    assert lesson.logits_BC is not None
    found_BT = rewards(lesson.signals, lesson.logits_BC, lesson.batch.labels_B, temperature=TEMPERATURE)
    expected = [
        [literal.reward(belief, lesson.logits_BC[row].tolist(), y, TEMPERATURE) for belief in beliefs]
        for row, (y, beliefs) in enumerate(
            zip(
                lesson.batch.labels_B.tolist(),
                lesson.signals.log_probs_TBC.transpose(0, 1).tolist(),
                strict=True,
            )
        )
    ]
    torch.testing.assert_close(found_BT, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12)


def test_a_reward_is_what_a_small_step_towards_the_teacher_takes_off_the_labels_loss(
    classroom: Classroom,
) -> None:
    lesson = classroom.draw(1)
    logits_BC, labels_B = lesson.logits_BC, lesson.batch.labels_B
    assert logits_BC is not None
    found_BT = rewards(lesson.signals, logits_BC, labels_B, temperature=TEMPERATURE)
    loss_B = torch.nn.functional.cross_entropy(logits_BC, labels_B, reduction="none")
    said_BC = softened(logits_BC, TEMPERATURE).exp()
    for t, taught_BC in enumerate(softened(lesson.signals.log_probs_TBC, TEMPERATURE).exp()):
        stepped_BC = logits_BC - 1e-6 * (said_BC - taught_BC)
        after_B = torch.nn.functional.cross_entropy(stepped_BC, labels_B, reduction="none")
        torch.testing.assert_close(found_BT[:, t], (loss_B - after_B) / 1e-6, rtol=1e-3, atol=1e-6)


def test_mixed_labels_are_shared_in_the_reward(classroom: Classroom) -> None:
    lesson = classroom.draw(1)
    batch, logits_BC = lesson.batch, lesson.logits_BC
    assert logits_BC is not None
    other_B = (batch.labels_B + 1) % CLASSES
    mixed = type(batch)(
        batch.images_BCHW,
        batch.labels_B,
        batch.rows_B,
        batch.views_B,
        (),
        "train",
        Mixed(other_B, torch.full((len(other_B),), 0.3, dtype=torch.float64)),
    )
    shared_BC = labels_of(mixed, classes=CLASSES)
    own_BT, other_BT, both_BT = (
        rewards(lesson.signals, logits_BC, labels, temperature=TEMPERATURE)
        for labels in (batch.labels_B, other_B, shared_BC)
    )
    torch.testing.assert_close(both_BT, 0.3 * own_BT + 0.7 * other_BT)


def test_uniform_weights_are_left_where_one_teacher_is_better(classroom: Classroom) -> None:
    """The released reward has its optimum there: no gradient would leave it."""
    aggregator, learner = classroom.beginner(ReinforcedSpec(hidden=8))
    lesson = classroom.draw(1)
    learner.after(lesson, step=1, rate=0.05)
    slopes_T = dict(aggregator.named_parameters())["agent.scores"].grad
    assert slopes_T is not None
    assert int(slopes_T.argmin()) == 1  # descent raises the score of the better one most
    assert float(slopes_T[1]) < -0.05
    moved_BT = lesson.weights(aggregator).detach()
    assert float(moved_BT[:, 1].mean()) > 1 / 3 + 1e-3


def test_rewards_in_common_move_nothing() -> None:
    """What is good or bad for all teachers alike is no reason to prefer one."""
    classroom = a_class(3.0, dtype=torch.float64)
    classroom.log_probs_TNC = classroom.log_probs_TNC.repeat(2, 1, 1)
    aggregator, learner = classroom.beginner(ReinforcedSpec(hidden=8))
    told = learner.after(classroom.draw(1), step=1, rate=0.05)
    assert float(told["agent/reward"]) > 0
    assert float(told["agent/gain"]) == pytest.approx(0.0, abs=1e-9)
    scores_T = dict(aggregator.named_parameters())["agent.scores"]
    assert scores_T.grad is not None
    assert float(scores_T.grad.abs().max()) < 1e-12


def test_the_agent_earns_more_than_the_average_once_it_has_learned(classroom: Classroom) -> None:
    _, learner = classroom.taught(ReinforcedSpec(hidden=8), steps=60)
    told = learner.after(classroom.draw(1), step=61, rate=0.05)
    assert float(told["agent/gain"]) > 0.02


def test_a_large_bonus_keeps_the_agent_exploring(classroom: Classroom) -> None:
    aggregator, _ = classroom.taught(ReinforcedSpec(hidden=8, entropy=10.0), steps=60)
    weights_BT = classroom.whole().weights(aggregator).detach()
    assert float(weights_BT.max()) < 0.5
