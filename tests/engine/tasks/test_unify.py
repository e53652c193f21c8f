"""Any teacher, one Belief: by time, normalised over what is there, the best window kept."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mtkd_engine.nets.grounding import Map2dOutput
from mtkd_engine.nets.masking import upper_triangle
from mtkd_engine.tasks.grounding import Belief, best_windows, log_joint, unify
from mtkd_engine.tasks.grounding.grid import clip_mask
from mtkd_engine.tasks.grounding.unify import NEG

TEACHER_LENGTH, STUDENT_LENGTH = 20, 16


def believed(output: Any, *, to_clips: list[int], duration: float = 30.0, temperature: float = 1.0) -> Belief:
    return unify(
        output,
        temperature=temperature,
        durations_B=torch.full((len(to_clips),), duration, dtype=torch.float64),
        student_clips_B=torch.tensor(to_clips),
        student_length=STUDENT_LENGTH,
    )


@settings(deadline=None)
@given(
    kind=st.sampled_from(["span", "map", "proposal", "regression"]),
    clips=st.lists(
        st.tuples(st.integers(1, TEACHER_LENGTH), st.integers(1, STUDENT_LENGTH)), min_size=1, max_size=6
    ),
    duration=st.floats(0.5, 600.0),
    scale=st.sampled_from([0.0, 0.1, 3.0, 1e3, 1e6]),
    seed=st.integers(0, 10_000),
)
def test_the_best_window_moves_by_at_most_half_a_student_clip(
    make: SimpleNamespace, kind: str, clips: list[tuple[int, int]], duration: float, scale: float, seed: int
) -> None:
    from_clips, to_clips = [pair[0] for pair in clips], [pair[1] for pair in clips]
    output = getattr(make, kind)(from_clips, length=TEACHER_LENGTH, scale=scale, seed=seed)
    belief = believed(output, to_clips=to_clips, duration=duration)

    valid_BLL = upper_triangle(clip_mask(torch.tensor(to_clips), STUDENT_LENGTH))
    assert bool(torch.isfinite(belief.log_joint_BLL).all())
    assert bool((belief.log_joint_BLL[~valid_BLL] == NEG).all())
    torch.testing.assert_close(
        belief.log_joint_BLL.exp().sum((1, 2)), torch.ones(len(clips)), atol=1e-4, rtol=0
    )

    durations_B = torch.full((len(clips),), duration, dtype=torch.float64)
    student_B2 = best_windows(belief.log_joint_BLL, clips_B=torch.tensor(to_clips), durations_B=durations_B)
    clip_B = durations_B / torch.tensor(to_clips)
    exact_B2 = belief.windows_BK2[:, 0]
    moved_B = (student_B2 - exact_B2).abs().amax(1)
    short_B = (exact_B2[:, 1] - exact_B2[:, 0] < clip_B) & (
        (student_B2[:, 1] - student_B2[:, 0] - clip_B).abs() < 1e-6 * duration
    )
    holds_middle_B = (student_B2[:, 0] <= exact_B2.mean(1) + 1e-9) & (
        exact_B2.mean(1) <= student_B2[:, 1] + 1e-9
    )
    assert bool(((moved_B <= 0.5 * clip_B + 1e-6 * duration) | (short_B & holds_middle_B)).all())


@pytest.mark.parametrize("kind", ["span", "map"])
def test_an_equal_grid_changes_nothing(make: SimpleNamespace, kind: str) -> None:
    output = getattr(make, kind)([16, 7, 1], length=16)
    assert torch.equal(believed(output, to_clips=[16, 7, 1]).log_joint_BLL, log_joint(output))


@pytest.mark.parametrize("kind", ["span", "map", "proposal", "regression"])
def test_garbage_in_the_padding_changes_no_bit(make: SimpleNamespace, kind: str) -> None:
    output = getattr(make, kind)([20, 9, 4], length=TEACHER_LENGTH)
    names = {"map": ["map_BLL"], "span": ["start_BL", "end_BL"]}.get(kind, ["scores_BK"])
    mask = upper_triangle(output.clip_mask_BL) if kind == "map" else output.clip_mask_BL
    littered = replace(output, **{name: getattr(output, name).masked_fill(~mask, 1e9) for name in names})
    clean, dirty = believed(output, to_clips=[16, 16, 3]), believed(littered, to_clips=[16, 16, 3])
    assert torch.equal(clean.log_joint_BLL, dirty.log_joint_BLL)
    assert torch.equal(clean.windows_BK2, dirty.windows_BK2)
    assert torch.equal(clean.scores_BK, dirty.scores_BK)


def test_teachers_on_other_grids_mean_the_same_seconds() -> None:
    def peaked(clips: int, first: int, last: int) -> Map2dOutput:
        map_BLL = torch.zeros(1, TEACHER_LENGTH, TEACHER_LENGTH)
        map_BLL[0, first, last] = 12.0
        return Map2dOutput(map_BLL, clip_mask(torch.tensor([clips]), TEACHER_LENGTH))

    windows: list[Tensor] = []
    for teacher in (peaked(4, 1, 1), peaked(8, 2, 3), peaked(16, 4, 7), peaked(20, 5, 9)):
        belief = believed(teacher, to_clips=[16], duration=32.0)
        windows.append(
            best_windows(belief.log_joint_BLL, clips_B=torch.tensor([16]), durations_B=torch.tensor([32.0]))
        )
    assert all(window_12.tolist() == [[8.0, 16.0]] for window_12 in windows)


def test_the_teachers_windows_are_exact_and_ranked(make: SimpleNamespace) -> None:
    output = make.map([20], length=TEACHER_LENGTH)
    belief = believed(output, to_clips=[3], duration=30.0)
    ranked = log_joint(output).flatten().sort(descending=True)
    wanted = [[cell // 20 * 1.5, (cell % 20 + 1) * 1.5] for cell in ranked.indices[:5].tolist()]
    assert belief.windows_BK2[0].tolist() == wanted
    torch.testing.assert_close(belief.scores_BK[0], ranked.values[:5].exp())


def test_a_grid_with_fewer_windows_repeats_the_best_without_score(make: SimpleNamespace) -> None:
    belief = believed(make.span([1], length=1), to_clips=[4], duration=8.0)
    assert belief.windows_BK2[0].tolist() == [[0.0, 8.0]] * 5
    assert belief.scores_BK[0].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_a_finer_student_sees_a_smooth_belief(make: SimpleNamespace) -> None:
    start_BL = -0.5 * (torch.arange(4.0) - 1.0).square().unsqueeze(0)
    output = replace(make.span([4], length=4), start_BL=start_BL, end_BL=torch.zeros(1, 4))
    start_L = believed(output, to_clips=[16]).log_joint_BLL[0, :13, 15]
    steps_L = start_L.diff()
    assert bool((steps_L[:4] > 0).all())
    assert bool((steps_L[4:12] < 0).all())


def test_beliefs_can_be_joined_and_picked(make: SimpleNamespace) -> None:
    parts = [believed(make.span([8], length=8, seed=seed), to_clips=[16]) for seed in (1, 2)]
    back = Belief.cat(parts).rows(torch.tensor([1]))
    assert torch.equal(back.log_joint_BLL, parts[1].log_joint_BLL)
    assert torch.equal(back.windows_BK2, parts[1].windows_BK2)


def test_no_gradient_leaves_a_teacher(make: SimpleNamespace) -> None:
    output = make.span([8], length=8)
    belief = believed(replace(output, start_BL=output.start_BL.clone().requires_grad_()), to_clips=[16])
    assert not belief.log_joint_BLL.requires_grad
