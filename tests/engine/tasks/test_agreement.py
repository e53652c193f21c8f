"""Support and agreement: linear in the weights, and what the weighted medoid maximises."""

from __future__ import annotations

import math

import pytest
import torch

from mtkd_engine.data.dataset import Sample
from mtkd_engine.tasks.grounding.agreement import (
    Decoding,
    Pool,
    choices,
    expected_overlap,
    offered,
    overlaps,
    pool_of,
)
from mtkd_engine.tasks.grounding.decode import weighted_medoid
from mtkd_engine.tasks.grounding.metrics import evaluate, iou


def drawn(teachers: int, samples: int, top: int, *, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    ends = torch.rand(teachers, samples, top, 2, generator=generator, dtype=torch.float64) * 60
    scores = torch.rand(teachers, samples, top, generator=generator).sort(dim=2, descending=True).values
    return ends.sort(dim=3).values, scores


@pytest.mark.parametrize("decoding", [Decoding(1, 1.5), Decoding(2, 1.0)])
def test_agreement_is_the_weighted_share_of_what_overlaps(decoding: Decoding) -> None:
    windows_TNK2, scores_TNK = drawn(3, 4, 2)
    pool = pool_of(windows_TNK2, scores_TNK, decoding)
    weights_NT = torch.tensor([[0.5, 0.3, 0.2]]).expand(4, 3).double()
    for sample in range(4):
        for candidate in range(3 * decoding.offers):
            place, owner = divmod(candidate, 3)
            wanted = 0.0
            for teacher in range(3):
                shares = scores_TNK[teacher, sample].double() / scores_TNK[teacher, sample].double().sum()
                overlap = iou(windows_TNK2[owner, sample, place], windows_TNK2[teacher, sample])
                counted = torch.from_numpy(overlap) ** decoding.power
                wanted += float(weights_NT[0, teacher] * (shares * counted).sum())
            assert float(pool.agreement(weights_NT)[sample, candidate]) == pytest.approx(wanted)
            assert torch.equal(pool.windows_NC2[sample, candidate], windows_TNK2[owner, sample, place])


@pytest.mark.parametrize("seed", range(5))
def test_with_one_window_each_and_plain_overlap_it_is_the_weighted_medoid(seed: int) -> None:
    windows_TNK2, scores_TNK = drawn(4, 30, 1, seed=seed)
    weights_NT = torch.rand(30, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    medoid = weighted_medoid(windows_TNK2[:, :, 0], weights_NT)
    torch.testing.assert_close(pool_of(windows_TNK2, scores_TNK).decode(weights_NT), medoid)


def test_windows_beyond_the_best_are_said_where_they_are_offered() -> None:
    """Both teachers' second windows agree with each other, their best ones with nothing."""
    windows_TNK2 = torch.tensor([[[[0.0, 5.0], [30.0, 40.0]]], [[[10.0, 15.0], [30.0, 40.0]]]]).double()
    scores_TNK, equal_NT = torch.tensor([[[0.6, 0.4]], [[0.55, 0.45]]]), torch.tensor([[0.5, 0.5]])
    medoid = pool_of(windows_TNK2, scores_TNK)
    assert medoid.decode(equal_NT).tolist() == [[0.0, 5.0]]
    assert medoid.decode(torch.tensor([[0.4, 0.6]])).tolist() == [[10.0, 15.0]]
    assert pool_of(windows_TNK2, scores_TNK, Decoding(offers=2)).decode(equal_NT).tolist() == [[30.0, 40.0]]


def test_what_is_offered_begins_with_the_best_windows_of_all() -> None:
    windows_TNK2, _ = drawn(3, 4, 2)
    assert torch.equal(offered(windows_TNK2, 2)[:, :3], windows_TNK2[:, :, 0].transpose(0, 1))
    assert torch.equal(offered(windows_TNK2, 2)[:, 3:], windows_TNK2[:, :, 1].transpose(0, 1))


def test_the_plain_medoid_is_the_first_choice_and_one_window_leaves_no_choice_of_offers() -> None:
    assert choices(5)[0] == Decoding()
    assert {decoding.offers for decoding in choices(5)} == {1, 5}
    assert {decoding.offers for decoding in choices(1)} == {1}


def test_silent_teachers_support_nothing() -> None:
    windows_TNK2, scores_TNK = drawn(2, 1, 2)
    scores_TNK[1] = 0.0
    pool = pool_of(windows_TNK2, scores_TNK)
    assert torch.equal(pool.support_NCT[:, :, 1], torch.zeros(1, 2, dtype=torch.float64))
    chosen = pool.decode(torch.tensor([[0.1, 0.9]]))
    assert torch.equal(chosen[0], windows_TNK2[0, 0, 0])


def test_overlaps_are_those_of_the_evaluator_at_the_end_of_a_video_and_with_several_truths() -> None:
    samples = [
        Sample("a", "a", "a", 30.0, ((0.0, 4.0), (20.0, 40.0)), "x"),
        Sample("b", "b", "b", 50.0, ((10.0, 15.0),), "x"),
    ]
    windows_NC2 = drawn(2, 5, 1)[0].flatten(2)
    assert windows_NC2.shape == (2, 5, 2)
    found = overlaps(windows_NC2, samples)
    for column in range(5):
        _, wanted = evaluate(
            windows_NC2[:, column].numpy(),
            [s.windows for s in samples],
            durations=[s.duration for s in samples],
        )
        assert found[:, column].tolist() == pytest.approx(wanted.tolist())


def test_a_sharp_surrogate_is_the_overlap_of_what_is_said_and_has_a_gradient() -> None:
    windows_TNK2, scores_TNK = drawn(3, 20, 2)
    pool = pool_of(windows_TNK2, scores_TNK)
    samples = [Sample(str(n), str(n), str(n), 60.0, ((10.0, 30.0),), "x") for n in range(20)]
    overlap_NC = overlaps(pool.windows_NC2, samples)
    weights_T = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64, requires_grad=True)
    agreement_NC = pool.agreement(weights_T.expand(20, 3))
    sharp = expected_overlap(agreement_NC, overlap_NC, softness=1e-6)
    chosen = agreement_NC.argmax(1)
    torch.testing.assert_close(sharp.detach(), overlap_NC[torch.arange(20), chosen])
    expected_overlap(agreement_NC, overlap_NC, softness=0.1).mean().backward()
    assert weights_T.grad is not None
    assert weights_T.grad.abs().max() > 0
    assert math.isfinite(float(weights_T.grad.sum()))


def test_many_samples_are_pooled_in_parts_without_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    windows_TNK2, scores_TNK = drawn(3, 50, 2)
    whole = pool_of(windows_TNK2, scores_TNK)
    monkeypatch.setattr("mtkd_engine.tasks.grounding.agreement.PAIRS_AT_ONCE", 18 * 7)
    parts: Pool = pool_of(windows_TNK2, scores_TNK)
    assert torch.equal(whole.support_NCT, parts.support_NCT)
