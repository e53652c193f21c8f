"""Who knows best teaches: the partition of a batch among models."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mtkd_engine.methods.zoo.knowing import NEVER, best_of, between_all, soft_of, to_student, with_starts

CRITERION_BM = torch.tensor([[-0.1, -2.0, -1.0], [-3.0, -0.5, -0.7], [-1.0, -1.0, -4.0]])


def test_the_one_that_knows_best_teaches_all_others() -> None:
    weights_BMM = between_all(CRITERION_BM)
    assert weights_BMM[0].tolist() == [[1, 0, 0]] * 3
    assert weights_BMM[1].tolist() == [[0, 1, 0]] * 3


def test_of_three_a_tie_teaches_nobody() -> None:
    assert best_of(CRITERION_BM)[2].tolist() == [0, 0, 0]
    assert between_all(CRITERION_BM)[2].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_of_two_a_tie_is_the_seconds() -> None:
    assert best_of(torch.tensor([[-1.0, -1.0], [-0.5, -1.0]])).tolist() == [[0, 1], [1, 0]]


def test_a_sample_that_nobody_can_judge_teaches_nobody() -> None:
    unknown_BM = torch.full((1, 2), NEVER)
    assert best_of(unknown_BM).tolist() == [[0, 0]]
    assert soft_of(unknown_BM, sharpness=2.0).tolist() == [[0, 0]]
    assert between_all(unknown_BM)[0].tolist() == [[1, 0], [0, 1]]


@given(st.integers(2, 5), st.integers(0, 10_000), st.sampled_from([None, 0.5, 4.0]), st.booleans())
def test_every_row_is_shared_out_whole(models: int, seed: int, sharpness: float | None, held: bool) -> None:
    generator = torch.Generator().manual_seed(seed)
    criterion_BM = torch.randn(7, models, generator=generator).round(decimals=1)
    if held:
        starts_BM = torch.randn(7, models, generator=generator).round(decimals=1)
        weights_BMS = with_starts(criterion_BM, starts_BM, sharpness=sharpness)
    else:
        weights_BMS = between_all(criterion_BM, sharpness=sharpness)
    assert (weights_BMS >= 0).all()
    torch.testing.assert_close(weights_BMS.sum(2), torch.ones(7, models))


def test_permuting_models_permutes_who_teaches() -> None:
    order = [2, 0, 1]
    permuted_BM = between_all(CRITERION_BM[:, order])
    torch.testing.assert_close(permuted_BM, between_all(CRITERION_BM)[:, order][:, :, order])


def test_a_sharp_partition_is_nearly_that_of_the_best() -> None:
    torch.testing.assert_close(
        soft_of(CRITERION_BM[:2], sharpness=100.0), best_of(CRITERION_BM[:2]), atol=1e-6, rtol=0
    )


def test_a_start_teaches_only_the_model_that_it_is_of() -> None:
    starts_BM = torch.tensor([[-0.05, -2.0, -1.0]])
    weights_MS = with_starts(CRITERION_BM[:1], starts_BM)[0]
    assert weights_MS.tolist() == [[0, 0, 0, 1], [1, 0, 0, 0], [1, 0, 0, 0]]


def test_a_student_keeps_to_its_start_unless_a_teacher_knows_better() -> None:
    teachers_BM = torch.tensor([[-9.0, -0.5, -0.4], [-9.0, -0.5, -2.0], [-0.1, -2.0, -2.0]])
    weights_B1S = to_student(teachers_BM, torch.tensor([-0.4, -1.0, -1.0]), student=0)
    assert weights_B1S[:, 0].tolist() == [[0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 1]]


@pytest.mark.parametrize("sharpness", [None, 1.0])
def test_equal_models_learn_nothing_of_one_or_all_alike(sharpness: float | None) -> None:
    weights_BMM = between_all(torch.zeros(2, 3), sharpness=sharpness)
    expected_MM = torch.eye(3) if sharpness is None else torch.full((3, 3), 1 / 3)
    torch.testing.assert_close(weights_BMM[0], expected_MM)
