"""Draws are functions of what they are for, and have the distributions that they say."""

from __future__ import annotations

import numpy as np
import pytest

from mtkd_engine.tasks.classification.draws import below, beta, drawn, keys_of, uniform

KEYS = keys_of([f"sample {number}" for number in range(20_000)], seed=1)


def test_draws_are_these_numbers_on_every_machine() -> None:
    keys = keys_of(["a", "b"], seed=7)
    assert drawn(keys, 3, "flip").tolist() == [12380479722486286418, 6635387008732784007]
    assert below(100, keys, 3, "flip").tolist() == [67, 35]


def test_seed_sample_view_and_purpose_each_change_a_draw() -> None:
    keys = KEYS[:500]
    base = drawn(keys, 0, "flip")
    others = [
        drawn(keys, 1, "flip"),
        drawn(keys, 0, "down"),
        drawn(keys_of([f"sample {number}" for number in range(500)], seed=2), 0, "flip"),
        np.roll(base, 1),
    ]
    assert len(np.unique(base)) == 500
    for other in others:
        assert not (base == other).any()
        differing_bits = np.unpackbits((base ^ other).view(np.uint8)).mean()
        assert differing_bits == pytest.approx(0.5, abs=0.02)


def test_uniform_draws_are_even_and_of_one_another_independent() -> None:
    first, second = uniform(KEYS, 0, "one"), uniform(KEYS, 1, "one")
    assert 0.0 <= first.min() < first.max() < 1.0
    counts = np.histogram(first, bins=20, range=(0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 45  # chi-square, 19 degrees of freedom, p = 0.0007
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_whole_numbers_stay_below_their_limit_and_all_come() -> None:
    assert set(below(9, KEYS, 2, "down").tolist()) == set(range(9))


@pytest.mark.parametrize("shape", [0.1, 0.2, 1.0, 2.0, 10.0])
def test_beta_draws_have_the_moments_of_the_distribution(shape: float) -> None:
    share = beta(shape, KEYS, 0, "share")
    assert 0.0 <= share.min() <= share.max() <= 1.0
    assert share.mean() == pytest.approx(0.5, abs=0.012)
    assert share.var() == pytest.approx(1 / (4 * (2 * shape + 1)), rel=0.03)
    fourth = np.random.default_rng(0).beta(shape, shape, 100_000) - 0.5
    assert ((share - 0.5) ** 4).mean() == pytest.approx((fourth**4).mean(), rel=0.06)
