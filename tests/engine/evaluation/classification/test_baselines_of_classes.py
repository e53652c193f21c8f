"""What classifiers are held against, on beliefs whose answers are known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.evaluation.classification.baselines import (
    Lesson,
    blind_quality,
    measure_baselines,
    oracle_belief,
    without_each,
)
from mtkd_engine.evaluation.classification.static import fit_static, truths_of

LABELS_N = torch.tensor([0, 1, 2, 0, 1, 2, 0, 0])


def sure_of(said_N: Tensor, share: float = 0.8, *, classes: int = 3) -> Tensor:
    """Log-probabilities with this share on what is said."""
    probs_NC = torch.full((len(said_N), classes), (1 - share) / (classes - 1))
    return probs_NC.scatter(1, said_N.unsqueeze(1), share).log()


def lesson(*said: Tensor) -> Lesson:
    names = [f"t{place}" for place in range(len(said))]
    return Lesson(ClassSignals(torch.stack([sure_of(one) for one in said]), names), LABELS_N)


RIGHT = LABELS_N
WRONG = (LABELS_N + 1) % 3
HALF = torch.where(torch.arange(8) < 4, RIGHT, WRONG)
OTHER_HALF = torch.where(torch.arange(8) < 4, WRONG, RIGHT)


def test_static_weights_are_the_most_likely_ones_of_a_fine_grid() -> None:
    generator = torch.Generator().manual_seed(3)
    truths_NT = torch.rand(40, 2, generator=generator, dtype=torch.float64)
    truths_NT[:, 0] = truths_NT[:, 0].sqrt()
    grid_G = torch.linspace(0, 1, 2001, dtype=torch.float64)
    likely_G = torch.stack(
        [(share * truths_NT[:, 0] + (1 - share) * truths_NT[:, 1]).log().mean() for share in grid_G]
    )
    assert float(fit_static(truths_NT)[0]) == pytest.approx(float(grid_G[likely_G.argmax()]), abs=1e-3)


def test_static_weights_leave_out_who_never_helps_and_share_between_equals() -> None:
    best_T = fit_static(truths_of(lesson(RIGHT, WRONG).signals, LABELS_N))
    assert best_T.tolist() == pytest.approx([1.0, 0.0], abs=1e-4)
    same_T = fit_static(truths_of(lesson(RIGHT, RIGHT).signals, LABELS_N))
    assert same_T.tolist() == [0.5, 0.5]


def test_the_oracle_is_right_where_any_teacher_is() -> None:
    believed_NC = oracle_belief(lesson(HALF, OTHER_HALF))
    assert torch.equal(believed_NC.argmax(1), LABELS_N)
    nobody_NC = oracle_belief(lesson(WRONG, (LABELS_N + 2) % 3))
    assert not bool((nobody_NC.argmax(1) == LABELS_N).any())


def test_the_oracle_asks_the_surer_one_of_those_that_are_right() -> None:
    sure_TNC = torch.stack([sure_of(RIGHT, 0.6), sure_of(RIGHT, 0.9), sure_of(WRONG, 0.99)])
    believed_NC = oracle_belief(Lesson(ClassSignals(sure_TNC, ["a", "b", "c"]), LABELS_N))
    torch.testing.assert_close(believed_NC, sure_TNC[1])


def test_blind_says_the_most_frequent_class_and_is_calibrated_on_train() -> None:
    train_N = torch.tensor([2, 2, 2, 0, 1])
    quality = blind_quality(train_N, LABELS_N, classes=3)
    assert quality.values["top1"] == pytest.approx(2 / 8)
    assert float(quality.confidence_N[0]) == pytest.approx(4 / 8)


def test_what_is_chosen_is_chosen_on_validation() -> None:
    blind = blind_quality(LABELS_N, LABELS_N, classes=3)
    found = measure_baselines(val=lesson(WRONG, RIGHT), test=lesson(RIGHT, WRONG), blind=blind)
    assert found.best_single == "t1"
    assert found.named["best_single"].values["top1"] == 0.0
    assert found.named["oracle"].values["top1"] == 1.0
    assert found.static_weights["t1"] == pytest.approx(1.0, abs=1e-3)


def test_leaving_out_a_teacher_costs_what_it_brings() -> None:
    of = lesson(RIGHT, HALF)
    found = without_each(val=of, test=of)
    assert found["t0"]["top1"] == pytest.approx(0.5)
    assert found["t1"]["top1"] == pytest.approx(0.0)
    assert without_each(val=lesson(RIGHT), test=lesson(RIGHT)) == {}
