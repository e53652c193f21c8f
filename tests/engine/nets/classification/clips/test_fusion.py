"""Shares of streams: on the simplex, the likeliest of all, and the same each time."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.nets.classification.clips import fit_fusion

N, C = 300, 4


def _labels() -> Tensor:
    return torch.randint(C, (N,), generator=torch.Generator().manual_seed(5))


def _stream(*, knows: float, seed: int) -> Tensor:
    """Noise that leans to the truth by so much."""
    noise_NC = torch.randn(N, C, generator=torch.Generator().manual_seed(seed))
    return noise_NC + knows * functional.one_hot(_labels(), C)


def _three() -> dict[str, Tensor]:
    return {
        "iframe": _stream(knows=1.5, seed=1),
        "motion": _stream(knows=1.3, seed=2),
        "residual": _stream(knows=1.1, seed=3),
    }


def _likelihood(logits: dict[str, Tensor], shares: dict[str, float]) -> float:
    mixed_NC = sum(shares[name] * logits[name].double() for name in logits)
    assert isinstance(mixed_NC, Tensor)
    return -float(functional.cross_entropy(mixed_NC, _labels()))


def test_no_point_of_the_simplex_is_likelier() -> None:
    logits = _three()
    best = _likelihood(logits, fit_fusion(logits, _labels()))
    steps = [place / 40 for place in range(41)]
    others = [(a, b, 1 - a - b) for a, b in itertools.product(steps, steps) if a + b <= 1]
    found = [_likelihood(logits, dict(zip(logits, shares, strict=True))) for shares in others]
    assert max(found) <= best + 1e-9
    assert best - max(found) < 1e-3


def test_shares_are_a_distribution_and_the_better_stream_gets_more() -> None:
    shares = fit_fusion(_three(), _labels())
    assert list(shares) == ["iframe", "motion", "residual"]
    assert sum(shares.values()) == pytest.approx(1, abs=1e-12)
    assert min(shares.values()) >= 0
    assert shares["iframe"] > shares["motion"] > shares["residual"] > 0


def test_the_same_numbers_give_the_same_shares() -> None:
    assert fit_fusion(_three(), _labels()) == fit_fusion(_three(), _labels())


def test_the_order_of_streams_does_not_count() -> None:
    logits = _three()
    shares = fit_fusion(logits, _labels())
    turned = fit_fusion(dict(reversed(logits.items())), _labels())
    assert turned == pytest.approx(shares, abs=1e-4)


def test_a_stream_that_does_harm_gets_none() -> None:
    logits = {"iframe": _stream(knows=1.5, seed=1), "motion": _stream(knows=-6.0, seed=2)}
    assert fit_fusion(logits, _labels()) == {"iframe": 1.0, "motion": 0.0}


def test_one_stream_gets_all() -> None:
    assert fit_fusion({"motion": _stream(knows=-1.0, seed=1)}, _labels()) == {"motion": 1.0}


def test_two_streams_that_say_the_same_share_equally() -> None:
    logits_NC = _stream(knows=1.0, seed=1)
    assert fit_fusion({"iframe": logits_NC, "motion": logits_NC}, _labels()) == {"iframe": 0.5, "motion": 0.5}


def test_extreme_logits_leave_shares_finite() -> None:
    logits = {name: 1e6 * said for name, said in _three().items()}
    shares = fit_fusion(logits, _labels())
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) >= 0


def test_nothing_is_trained_by_it() -> None:
    logits = {name: said.requires_grad_() for name, said in _three().items()}
    fit_fusion(logits, _labels())
    assert all(said.grad is None for said in logits.values())
