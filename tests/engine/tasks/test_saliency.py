"""A teacher's score of each clip on another grid: by time, and nowhere where there is none."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mtkd_engine.tasks.grounding import Belief, unify
from mtkd_engine.tasks.grounding.saliency import saliency_on_grid


def on_grid(saliency_BS: Tensor, given: list[int], wanted: list[int], *, length: int = 8) -> Tensor:
    return saliency_on_grid(
        saliency_BS, from_clips_B=torch.tensor(given), to_clips_B=torch.tensor(wanted), to_length=length
    )


def test_each_clip_takes_the_mean_over_its_time() -> None:
    given_BS = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    assert on_grid(given_BS, [4], [2])[0, :2].tolist() == [1.5, 3.5]
    assert on_grid(given_BS, [4], [8])[0].tolist() == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]
    assert on_grid(given_BS, [4], [3])[0, :3].tolist() == [1.25, 2.5, 3.75]
    assert torch.equal(on_grid(given_BS, [4], [4])[:, :4], given_BS)


@settings(deadline=None)
@given(given=st.integers(1, 20), wanted=st.integers(1, 16), seed=st.integers(0, 1000))
def test_the_mean_over_the_video_stays(given: int, wanted: int, seed: int) -> None:
    values_BS = torch.randn(1, given, generator=torch.Generator().manual_seed(seed))
    found_BL = on_grid(values_BS, [given], [wanted], length=16)
    torch.testing.assert_close(found_BL[:, :wanted].mean(), values_BS.mean(), atol=1e-5, rtol=1e-4)
    assert not found_BL[:, wanted:].any()


def test_garbage_in_the_padding_and_longer_padding_change_no_bit() -> None:
    short_BS = torch.randn(2, 5)
    long_BS = torch.cat([short_BS, torch.full((2, 3), torch.nan)], dim=1)
    long_BS[1, 3:] = torch.inf
    clean, dirty = on_grid(short_BS, [5, 3], [4, 8]), on_grid(long_BS, [5, 3], [4, 8])
    assert torch.equal(clean, dirty)


def test_a_sample_without_scores_is_nan_throughout_and_disturbs_nobody() -> None:
    found_BL = on_grid(torch.ones(2, 4), [0, 4], [3, 3])
    assert bool(found_BL[0].isnan().all())
    assert found_BL[1].tolist() == [1.0] * 3 + [0.0] * 5


@pytest.fixture
def beliefs(make: SimpleNamespace) -> tuple[Belief, Belief]:
    """Two batches of two samples, of which the second has saliency."""
    plain: Belief = unify(
        make.span([8, 8], length=8),
        temperature=1.0,
        durations_B=torch.full((2,), 9.0, dtype=torch.float64),
        student_clips_B=torch.tensor([8, 8]),
        student_length=8,
    )
    salient = Belief(plain.log_joint_BLL, plain.windows_BK2, plain.scores_BK, torch.arange(16.0).view(2, 8))
    return plain, salient


def test_beliefs_without_saliency_have_none(beliefs: tuple[Belief, Belief]) -> None:
    plain, _ = beliefs
    assert plain.saliency_BL is None
    assert plain.rows(torch.tensor([1])).saliency_BL is None
    assert plain.to("cpu").saliency_BL is None
    assert Belief.cat([plain, plain]).saliency_BL is None


def test_saliency_is_picked_and_joined_with_the_rest(beliefs: tuple[Belief, Belief]) -> None:
    both = Belief.cat(beliefs).to("cpu")
    assert both.saliency_BL is not None
    assert bool(both.saliency_BL[:2].isnan().all())
    last = both.rows(torch.tensor([3]))
    assert last.saliency_BL is not None
    assert last.saliency_BL.tolist() == [list(range(8, 16))]
