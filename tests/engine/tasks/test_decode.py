"""From beliefs to windows in seconds."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from mtkd_engine.tasks.grounding import best_windows, log_joint, top_windows, weighted_medoid
from mtkd_engine.tasks.grounding.decode import pairwise_iou


def test_the_best_window_covers_its_clips_in_seconds() -> None:
    log_BLL = torch.full((1, 5, 5), -9.0)
    log_BLL[0, 1, 3] = -1.0
    window_B2 = best_windows(log_BLL, clips_B=torch.tensor([4]), durations_B=torch.tensor([8.0]))
    assert window_B2.tolist() == [[2.0, 8.0]]


def test_the_first_of_the_top_windows_is_the_best_window(make: SimpleNamespace) -> None:
    clips_B, durations_B = torch.tensor([6, 2, 1]), torch.tensor([9.0, 3.0, 2.0])
    log_BLL = log_joint(make.map([6, 2, 1], length=6))
    windows_BK2, scores_BK = top_windows(log_BLL, clips_B=clips_B, durations_B=durations_B, k=4)
    assert torch.equal(windows_BK2[:, 0], best_windows(log_BLL, clips_B=clips_B, durations_B=durations_B))
    assert bool((scores_BK.diff(dim=1) <= 0).all())
    assert (scores_BK > 0).sum(1).tolist() == [4, 3, 1]


def test_the_medoid_is_the_window_most_agree_with() -> None:
    windows_TB2 = torch.tensor([[[0.0, 10.0]], [[1.0, 11.0]], [[30.0, 40.0]]])
    equal_BT = torch.full((1, 3), 1 / 3)
    assert weighted_medoid(windows_TB2, equal_BT).tolist() == [[0.0, 10.0]]


def test_a_heavy_teacher_wins_against_agreement() -> None:
    windows_TB2 = torch.tensor([[[0.0, 10.0]], [[1.0, 11.0]], [[30.0, 40.0]]])
    assert weighted_medoid(windows_TB2, torch.tensor([[0.1, 0.1, 0.8]])).tolist() == [[30.0, 40.0]]


def test_one_teacher_is_its_own_medoid() -> None:
    windows_TB2 = torch.tensor([[[3.0, 4.0], [5.0, 5.0]]])
    assert torch.equal(weighted_medoid(windows_TB2, torch.ones(2, 1)), windows_TB2[0])


def test_pairs_without_a_union_have_no_overlap() -> None:
    iou_BTT = pairwise_iou(torch.tensor([[[2.0, 2.0], [2.0, 2.0], [0.0, 4.0]]], dtype=torch.float64))
    assert iou_BTT[0].tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, pytest.approx(1.0)]]
