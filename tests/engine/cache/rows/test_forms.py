"""Beliefs become rows of 16 bits and beliefs again."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import softened
from mtkd_engine.cache.rows.forms import NotFiniteError, to_log_probs, to_rows
from mtkd_engine.cache.rows.header import Header
from tests.engine.cache.rows.rowfiles import Oracle, header_of

BELIEFS_BC = Oracle().says(0, range(200))


def there_and_back(log_BC: Tensor, header: Header, *, seed: int = 0) -> Tensor:
    rows = to_rows(log_BC, header, seed=seed)
    assert rows.shape == (len(log_BC), header.stride)
    assert rows.dtype == header.dtype
    return to_log_probs(torch.from_numpy(rows.view("<f2" if header.form == "dense" else "<i2")), header)


def test_dense_rows_keep_probabilities_to_half_precision_and_sum_to_one() -> None:
    back_BC = there_and_back(BELIEFS_BC, header_of())
    assert (back_BC.exp() - BELIEFS_BC.exp()).abs().max() < 1e-3
    assert torch.allclose(back_BC.exp().sum(1), torch.ones(200), atol=1e-6)


def test_extreme_outputs_stay_finite_in_half_precision() -> None:
    log_BC = torch.log_softmax(torch.tensor([[1e30, 0.0, -1e30], [70_000.0, 0.0, -70_000.0]]), dim=-1)
    back_BC = there_and_back(log_BC, header_of(classes=3))
    assert bool(torch.isfinite(back_BC).all())
    assert torch.equal(back_BC.exp(), torch.tensor([[1.0, 0, 0], [1.0, 0, 0]]))


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_outputs_that_are_not_finite_are_refused(wrong: float) -> None:
    with pytest.raises(NotFiniteError):
        to_rows(torch.tensor([[wrong, 0.0]]), header_of(classes=2), seed=0)


def test_top_k_keeps_the_likeliest_and_spreads_the_rest_evenly() -> None:
    back_BC = there_and_back(BELIEFS_BC, header_of(form="top_k", kept=4)).exp()
    true_BC = BELIEFS_BC.exp()
    top_BK = true_BC.topk(4).indices
    assert (back_BC.gather(1, top_BK) - true_BC.gather(1, top_BK)).abs().max() < 1e-3
    others_BC = back_BC.scatter(1, top_BK, 0.0)
    rest_B = 1 - true_BC.gather(1, top_BK).sum(1)
    assert (others_BC.max(1).values - rest_B / 6).abs().max() < 1e-3
    assert torch.allclose(back_BC.sum(1), torch.ones(200), atol=1e-6)


def test_top_k_of_all_classes_loses_nothing_but_precision() -> None:
    back_BC = there_and_back(BELIEFS_BC, header_of(form="top_k", kept=64))
    assert (back_BC.exp() - BELIEFS_BC.exp()).abs().max() < 1e-3


def test_class_numbers_above_32767_come_back() -> None:
    log_BC = torch.full((1, 40_000), -20.0)
    log_BC[0, 39_999], log_BC[0, 33_000] = 0.0, -1.0
    back_BC = there_and_back(log_BC, header_of(classes=40_000, form="top_k", kept=2))
    assert back_BC.topk(2).indices.tolist() == [[39_999, 33_000]]


def test_draws_are_unbiased_at_the_temperature_they_were_drawn_at() -> None:
    header = header_of(form="sampled", kept=3, softened=4.0)
    true_BC = softened(BELIEFS_BC[:20], 4.0)
    sum_BC = torch.zeros(20, 10)
    draws = 3000
    for seed in range(draws):
        sum_BC += softened(there_and_back(true_BC, header, seed=seed), 4.0).exp()
    error_BC = sum_BC / draws - true_BC.exp()
    # A mean of 3,000 estimates with three draws each varies by at most sqrt(p (1 - p) / 9,000) < 0.0053.
    assert error_BC.abs().max() < 4 * 0.0053
    assert error_BC.abs().mean() < 0.002


def test_top_k_is_biased_where_draws_are_not() -> None:
    header = header_of(form="top_k", kept=3)
    error_BC = there_and_back(BELIEFS_BC, header).exp() - BELIEFS_BC.exp()
    assert error_BC.abs().max() > 0.02


def test_the_same_seed_draws_the_same() -> None:
    header = header_of(form="sampled", kept=5)
    first, again = (to_rows(BELIEFS_BC, header, seed=7) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, to_rows(BELIEFS_BC, header, seed=8))


def test_softened_rows_are_undone_by_softening_at_the_same_temperature() -> None:
    target_BC = softened(BELIEFS_BC, 4.0)
    back_BC = there_and_back(target_BC, header_of(softened=4.0, sources=(("a", 0.5), ("b", 0.5))))
    assert (softened(back_BC, 4.0).exp() - target_BC.exp()).abs().max() < 1e-3
