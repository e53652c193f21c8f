"""Scored windows as beliefs: exact seconds kept, mass where the windows are, the best window the likeliest."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from mtkd_engine.nets.grounding import ProposalOutput
from mtkd_engine.nets.masking import upper_triangle
from mtkd_engine.tasks.grounding import (
    Belief,
    best_windows,
    distill_loss,
    unify,
    unify_windows,
)
from mtkd_engine.tasks.grounding.grid import clip_mask


def said(
    windows: list[list[tuple[float, float]]],
    scores: list[list[float]],
    *,
    clips: int = 8,
    duration: float = 16.0,
    temperature: float = 1.0,
) -> Belief:
    """Beliefs on 8 clips of 2 seconds; shorter lists are padded with NaN."""
    most = max(map(len, windows))
    windows_BK2 = torch.full((len(windows), most, 2), torch.nan, dtype=torch.float64)
    scores_BK = torch.full((len(windows), most), torch.nan)
    for row, (ends, values) in enumerate(zip(windows, scores, strict=True)):
        windows_BK2[row, : len(ends)] = torch.tensor(ends, dtype=torch.float64).view(-1, 2)
        scores_BK[row, : len(values)] = torch.tensor(values)
    counts_B = torch.tensor([len(ends) for ends in windows])
    return unify_windows(
        windows_BK2,
        scores_BK,
        clip_mask(counts_B, most),
        temperature=temperature,
        durations_B=torch.full((len(windows),), duration, dtype=torch.float64),
        student_clips_B=torch.full((len(windows),), clips),
        student_length=clips,
    )


def test_windows_keep_their_exact_seconds_and_come_best_first() -> None:
    belief = said([[(0.1, 3.3), (4.7, 9.9), (5.0, 16.0)]], [[0.0, 2.0, 1.0]])
    assert belief.windows_BK2[0, :3].tolist() == [[4.7, 9.9], [5.0, 16.0], [0.1, 3.3]]
    torch.testing.assert_close(belief.scores_BK[0, :3], torch.tensor([2.0, 1.0, 0.0]).softmax(0))


def test_fewer_windows_repeat_the_best_with_probability_zero() -> None:
    belief = said([[(2.0, 6.0), (4.0, 8.0)]], [[-1.0, 3.0]])
    assert belief.windows_BK2[0].tolist() == [[4.0, 8.0], [2.0, 6.0]] + [[4.0, 8.0]] * 3
    assert belief.scores_BK[0, 2:].tolist() == [0.0, 0.0, 0.0]


def test_a_sample_without_windows_knows_nothing_and_disturbs_nobody() -> None:
    belief = said([[], [(2.0, 6.0)]], [[], [1.0]])
    valid_LL = upper_triangle(torch.ones(1, 8, dtype=torch.bool))[0]
    torch.testing.assert_close(belief.log_joint_BLL[0][valid_LL].exp(), torch.full((36,), 1 / 36))
    assert belief.windows_BK2[0].tolist() == [[0.0, 16.0]] * 5
    assert belief.scores_BK[0].tolist() == [0.0] * 5
    assert torch.equal(belief.log_joint_BLL[1:], said([[(2.0, 6.0)]], [[1.0]]).log_joint_BLL)


def test_windows_are_cut_at_the_ends_of_the_video() -> None:
    belief = said([[(-3.0, 4.0), (10.0, 99.0)]], [[1.0, 0.0]])
    assert belief.windows_BK2[0, :2].tolist() == [[0.0, 4.0], [10.0, 16.0]]


def test_mass_falls_with_the_distance_from_the_window() -> None:
    joint_LL = said([[(4.0, 8.0)]], [[0.0]]).log_joint_BLL[0].exp()
    assert float(joint_LL[2, 3]) == float(joint_LL.max())
    assert 0.5 < float(joint_LL[2, 3]) < 0.8
    assert joint_LL[2, 3] > joint_LL[2, 4] > joint_LL[2, 5] > joint_LL[2, 6] > 0
    assert joint_LL[2, 4] > joint_LL[1, 4]


def test_start_and_end_of_different_windows_are_not_recombined() -> None:
    joint_LL = said([[(0.0, 4.0), (10.0, 16.0)]], [[0.0, 0.0]]).log_joint_BLL[0].exp()
    assert float(joint_LL[0, 7]) < 1e-3 * float(joint_LL[0, 1])


def test_the_best_window_leads_where_others_add_up_elsewhere() -> None:
    crowd = [(8.0 + 0.01 * place, 12.0) for place in range(9)]
    belief = said([[(0.0, 4.0), *crowd]], [[1.0, *[0.9] * 9]])
    best_12 = best_windows(
        belief.log_joint_BLL, clips_B=torch.tensor([8]), durations_B=torch.tensor([16.0], dtype=torch.float64)
    )
    assert best_12.tolist() == [[0.0, 4.0]]
    assert float(belief.log_joint_BLL[0, 4, 5].exp()) > 0.3


@pytest.mark.parametrize("factor", [1e-3, 10.0, 1e6])
def test_scores_and_temperature_scale_together(factor: float) -> None:
    windows, scores = [[(0.0, 4.0), (3.0, 9.0)]], [0.3, -1.2]
    plain = said(windows, [scores], temperature=0.7)
    scaled = said(windows, [[factor * score for score in scores]], temperature=factor * 0.7)
    torch.testing.assert_close(plain.log_joint_BLL, scaled.log_joint_BLL, rtol=1e-4, atol=1e-4)


def test_a_student_can_learn_from_one_bare_window(make: SimpleNamespace) -> None:
    student = make.span([8], length=8)
    start_BL = student.start_BL.clone().requires_grad_()
    loss = distill_loss(replace(student, start_BL=start_BL), said([[(4.0, 8.0)]], [[0.0]]).log_joint_BLL, 2.0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert torch.isfinite(loss)
    assert start_BL.grad is not None
    assert float(start_BL.grad[0, 2]) < 0


def test_proposals_are_shares_of_the_duration() -> None:
    output = ProposalOutput(
        torch.tensor([[[0.25, 0.5], [0.0, 1.0]]]),
        torch.tensor([[2.0, 0.0]]),
        torch.ones(1, 2, dtype=torch.bool),
        torch.ones(1, 4, dtype=torch.bool),
    )
    belief = unify(
        output,
        temperature=1.0,
        durations_B=torch.tensor([16.0], dtype=torch.float64),
        student_clips_B=torch.tensor([8]),
        student_length=8,
    )
    expected = said([[(4.0, 8.0), (0.0, 16.0)]], [[2.0, 0.0]])
    assert torch.equal(belief.log_joint_BLL, expected.log_joint_BLL)
    assert torch.equal(belief.windows_BK2, expected.windows_BK2)
