"""The short list of a network: best first, none repeats a better one, missing ones are marked."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from mtkd_engine.nets.grounding import GroundingOutput, SpanOutput
from mtkd_engine.tasks.grounding import unify
from mtkd_engine.tasks.grounding.decode import pairwise_iou
from mtkd_engine.tasks.grounding.grid import clip_mask
from mtkd_engine.tasks.grounding.metrics.ranked import NMS_IOU, rank
from mtkd_engine.tasks.grounding.ranking import choose_unlike, ranked_windows

CLIPS = (8, 3, 1)
DURATIONS_B = torch.tensor([16.0, 9.0, 2.0], dtype=torch.float64)


@pytest.fixture(params=["span", "map", "proposal"])
def output(request: pytest.FixtureRequest, make: SimpleNamespace) -> GroundingOutput:
    found: GroundingOutput = getattr(make, request.param)(CLIPS, length=8)
    return found


def test_the_first_is_the_window_of_the_belief(output: GroundingOutput) -> None:
    windows_BK2, scores_BK = ranked_windows(output, durations_B=DURATIONS_B, k=4)
    belief = unify(
        output,
        temperature=1.0,
        durations_B=DURATIONS_B,
        student_clips_B=torch.tensor(CLIPS),
        student_length=8,
        top_k=1,
    )
    assert torch.equal(windows_BK2[:, 0], belief.windows_BK2[:, 0])
    assert torch.allclose(scores_BK[:, 0].float(), belief.scores_BK[:, 0])


def test_none_repeats_a_better_one_and_scores_fall(output: GroundingOutput) -> None:
    windows_BK2, scores_BK = ranked_windows(output, durations_B=DURATIONS_B, k=5)
    overlaps_BKK = pairwise_iou(windows_BK2)
    there_BK = scores_BK > -torch.inf
    both_BKK = there_BK.unsqueeze(1) & there_BK.unsqueeze(2) & ~torch.eye(5, dtype=torch.bool)
    assert bool((overlaps_BKK[both_BKK] <= NMS_IOU + 1e-6).all())
    assert bool((scores_BK[:, :-1] >= scores_BK[:, 1:]).all())
    assert bool((windows_BK2 <= DURATIONS_B[:, None, None]).all())


def test_the_evaluator_finds_no_repeat_in_it(output: GroundingOutput) -> None:
    windows_BK2, scores_BK = ranked_windows(output, durations_B=DURATIONS_B, k=5)
    listed = rank(windows_BK2.numpy(), scores_BK.numpy(), DURATIONS_B.numpy())
    assert listed.unlike().there_NK.tolist() == listed.there_NK.tolist()


def test_a_video_of_one_clip_has_one_window_and_the_rest_is_marked() -> None:
    logits_BL = torch.zeros(1, 4)
    output = SpanOutput(logits_BL, logits_BL, clip_mask(torch.tensor([1]), 4))
    windows_BK2, scores_BK = ranked_windows(output, durations_B=torch.tensor([3.0]), k=3)
    assert windows_BK2.tolist() == [[[0.0, 3.0]] * 3]
    assert scores_BK.tolist() == [[1.0, float("-inf"), float("-inf")]]


def test_by_hand_the_neighbours_of_the_best_are_passed_over() -> None:
    windows_BP2 = torch.tensor([[[0.0, 4.0], [0.0, 3.0], [3.0, 6.0], [4.0, 8.0]]], dtype=torch.float64)
    chosen_BK, there_BK = choose_unlike(
        windows_BP2, torch.tensor([[0.4, 0.3, 0.2, 0.1]]), torch.ones(1, 4, dtype=torch.bool), k=4
    )
    assert chosen_BK.tolist() == [[0, 2, 3, 0]]
    assert there_BK.tolist() == [[True, True, True, False]]


def test_windows_without_length_are_listed_once() -> None:
    windows_BP2 = torch.tensor([[[1.0, 1.0], [2.0, 2.0]]], dtype=torch.float64)
    chosen_BK, there_BK = choose_unlike(
        windows_BP2, torch.tensor([[0.6, 0.4]]), torch.ones(1, 2, dtype=torch.bool), k=3
    )
    assert chosen_BK.tolist() == [[0, 1, 0]]
    assert there_BK.tolist() == [[True, True, False]]


def test_a_temperature_changes_scores_but_no_order(output: GroundingOutput) -> None:
    windows_BK2, scores_BK = ranked_windows(output, durations_B=DURATIONS_B, k=4)
    cooler_BK2, cooler_BK = ranked_windows(output, durations_B=DURATIONS_B, k=4, temperature=3.0)
    assert torch.equal(windows_BK2, cooler_BK2)
    assert bool((cooler_BK[0, 0] < scores_BK[0, 0]).all())
