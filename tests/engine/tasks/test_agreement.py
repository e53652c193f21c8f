"""Support and agreement: linear in the weights, and what the weighted medoid maximises."""

from __future__ import annotations

import math

import pytest
import torch

from mtkd_engine.data.dataset import Sample
from mtkd_engine.tasks.grounding.agreement import Pool, expected_overlap, overlaps, pool_of, stakes_of
from mtkd_engine.tasks.grounding.decode import pairwise_iou, weighted_medoid
from mtkd_engine.tasks.grounding.metrics import evaluate


def drawn(teachers: int, samples: int, top: int, *, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    ends = torch.rand(teachers, samples, top, 2, generator=generator, dtype=torch.float64) * 60
    scores = torch.rand(teachers, samples, top, generator=generator).sort(dim=2, descending=True).values
    return ends.sort(dim=3).values, scores


def test_agreement_is_the_weighted_stake_on_what_overlaps() -> None:
    windows_TNK2, scores_TNK = drawn(3, 4, 2)
    pool = pool_of(windows_TNK2, scores_TNK)
    weights_NT = torch.tensor([[0.5, 0.3, 0.2]]).expand(4, 3).double()
    cubed = scores_TNK.double() ** 3
    stakes = cubed / cubed.sum(2, keepdim=True)
    counts_NM = (stakes.permute(1, 0, 2) * weights_NT.unsqueeze(2)).flatten(1)
    wanted = (pairwise_iou(pool.windows_NM2) ** 1.5 * counts_NM.unsqueeze(1)).sum(2)
    torch.testing.assert_close(pool.agreement(weights_NT), wanted)


@pytest.mark.parametrize("seed", range(5))
def test_with_plain_powers_a_pool_says_the_weighted_medoid(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtkd_engine.tasks.grounding.agreement.STAKE_POWER", 1.0)
    monkeypatch.setattr("mtkd_engine.tasks.grounding.agreement.OVERLAP_POWER", 1.0)
    windows_TNK2, scores_TNK = drawn(4, 30, 3, seed=seed)
    weights_NT = torch.rand(30, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    counts_NM = (stakes_of(scores_TNK).permute(1, 0, 2) * weights_NT.unsqueeze(2)).flatten(1)
    medoid = weighted_medoid(windows_TNK2.permute(0, 2, 1, 3).flatten(0, 1), counts_NM)
    torch.testing.assert_close(pool_of(windows_TNK2, scores_TNK).decode(weights_NT), medoid)


def test_places_that_are_only_filled_up_count_once_and_silent_teachers_support_nothing() -> None:
    windows_TNK2, scores_TNK = drawn(2, 1, 2)
    windows_TNK2[0, 0, 1] = windows_TNK2[0, 0, 0]
    scores_TNK[0, 0, 1] = 0.0
    scores_TNK[1] = 0.0
    pool = pool_of(windows_TNK2, scores_TNK)
    assert pool.real_NM.tolist() == [[True, False, True, False]]
    assert torch.equal(pool.support_NMT[:, :, 1], torch.zeros(1, 4, dtype=torch.float64))
    chosen = pool.decode(torch.tensor([[0.1, 0.9]]))
    assert torch.equal(chosen[0], windows_TNK2[0, 0, 0])


def test_overlaps_are_those_of_the_evaluator_at_the_end_of_a_video_and_with_several_truths() -> None:
    samples = [
        Sample("a", "a", "a", 30.0, ((0.0, 4.0), (20.0, 40.0)), "x"),
        Sample("b", "b", "b", 50.0, ((10.0, 15.0),), "x"),
    ]
    windows_NM2 = drawn(2, 5, 1)[0].flatten(2)
    assert windows_NM2.shape == (2, 5, 2)
    found = overlaps(windows_NM2, samples)
    for column in range(5):
        _, wanted = evaluate(
            windows_NM2[:, column].numpy(),
            [s.windows for s in samples],
            durations=[s.duration for s in samples],
        )
        assert found[:, column].tolist() == pytest.approx(wanted.tolist())


def test_a_sharp_surrogate_is_the_overlap_of_what_is_said_and_has_a_gradient() -> None:
    windows_TNK2, scores_TNK = drawn(3, 20, 2)
    pool = pool_of(windows_TNK2, scores_TNK)
    samples = [Sample(str(n), str(n), str(n), 60.0, ((10.0, 30.0),), "x") for n in range(20)]
    overlap_NM = overlaps(pool.windows_NM2, samples)
    weights_T = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64, requires_grad=True)
    agreement_NM = pool.agreement(weights_T.expand(20, 3))
    sharp = expected_overlap(agreement_NM, pool.real_NM, overlap_NM, softness=1e-6)
    chosen = agreement_NM.argmax(1)
    torch.testing.assert_close(sharp.detach(), overlap_NM[torch.arange(20), chosen])
    expected_overlap(agreement_NM, pool.real_NM, overlap_NM, softness=0.1).mean().backward()
    assert weights_T.grad is not None
    assert weights_T.grad.abs().max() > 0
    assert math.isfinite(float(weights_T.grad.sum()))


def test_many_samples_are_pooled_in_parts_without_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    windows_TNK2, scores_TNK = drawn(3, 50, 2)
    whole = pool_of(windows_TNK2, scores_TNK)
    monkeypatch.setattr("mtkd_engine.tasks.grounding.agreement.PAIRS_AT_ONCE", 36 * 7)
    parts: Pool = pool_of(windows_TNK2, scores_TNK)
    assert torch.equal(whole.support_NMT, parts.support_NMT)
