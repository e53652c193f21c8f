"""The paired bootstrap: its interval holds the truth as often as it says, and its numbers stay what they are."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from mtkd_engine.comparing import Difference, intervals, paired, summed

Numbers = NDArray[np.float64]


def study(
    random: np.random.Generator,
    *,
    sources: int,
    per_source: int,
    seeds: int = 1,
    by_source: float = 0.0,
    by_seed: float = 0.0,
    by_sample: float = 0.1,
) -> tuple[Numbers, list[str]]:
    """Differences whose true mean is 0, as a sum of what sources, seeds and samples make of it."""
    names = [f"video-{source}" for source in range(sources) for _ in range(per_source)]
    of_source_N = np.repeat(random.normal(0.0, by_source, sources), per_source)
    of_seed_S1 = random.normal(0.0, by_seed, (seeds, 1))
    return of_source_N + of_seed_S1 + random.normal(0.0, by_sample, (seeds, len(names))), names


def coverage(*, studies: int = 300, draws: int = 300, **shape: float) -> float:
    """How often the interval of a study holds the true mean."""
    random = np.random.default_rng(7)
    held = 0
    for number in range(studies):
        differences_SN, names = study(random, **shape)  # type: ignore[arg-type]
        found = paired(differences_SN, np.zeros_like(differences_SN), names, draws=draws, seed=number)
        held += found.low <= 0.0 <= found.high
    return held / studies


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    assert 0.91 <= coverage(sources=40, per_source=3) <= 0.985


def test_samples_of_one_source_are_not_taken_for_independent() -> None:
    assert 0.91 <= coverage(sources=40, per_source=10, by_source=0.2, by_sample=0.05) <= 0.985


def test_few_seeds_that_differ_widen_the_interval() -> None:
    shape = {"sources": 40, "per_source": 3, "seeds": 5, "by_seed": 0.02, "by_source": 0.1}
    assert 0.90 <= coverage(**shape) <= 0.99


def test_frozen_numbers() -> None:
    own_SN, names = study(np.random.default_rng(3), sources=12, per_source=5, seeds=3, by_source=0.1)
    found = paired(own_SN + 0.05, np.zeros(60), names)
    assert found.mean == pytest.approx(0.04630054021379405)
    assert (found.low, found.high) == (
        pytest.approx(-0.03168874366423575),
        pytest.approx(0.13916245167084348),
    )


def test_the_same_arguments_give_the_same_numbers_and_other_seeds_others() -> None:
    own_SN, names = study(np.random.default_rng(0), sources=8, per_source=4)
    zeros_SN = np.zeros_like(own_SN)
    assert paired(own_SN, zeros_SN, names) == paired(own_SN, zeros_SN, names)
    assert paired(own_SN, zeros_SN, names, seed=1) != paired(own_SN, zeros_SN, names)


def test_the_order_of_the_samples_does_not_matter() -> None:
    own_SN, names = study(np.random.default_rng(0), sources=8, per_source=4, seeds=2)
    order_N = np.random.default_rng(1).permutation(len(names))
    one = paired(own_SN, np.zeros_like(own_SN), names)
    other = paired(own_SN[:, order_N], np.zeros_like(own_SN), [names[place] for place in order_N])
    assert (one.low, one.high) == (pytest.approx(other.low), pytest.approx(other.high))


def test_turning_the_sides_round_turns_the_interval_round() -> None:
    own_SN, names = study(np.random.default_rng(0), sources=8, per_source=4)
    there, back = paired(own_SN, own_SN * 0.5, names), paired(own_SN * 0.5, own_SN, names)
    assert there.mean == pytest.approx(-back.mean)
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))


def test_a_difference_that_never_changes_has_no_width() -> None:
    found = paired(np.full((3, 6), 0.7), np.full(6, 0.5), list("aabbcc"))
    assert (found.mean, found.low, found.high) == (pytest.approx(0.2),) * 3
    assert found.is_decided


def test_one_seed_is_held_against_every_seed_of_the_other() -> None:
    own_SN, names = study(np.random.default_rng(0), sources=8, per_source=4, seeds=3)
    other_N = np.linspace(0.0, 1.0, len(names))
    assert paired(own_SN, other_N, names) == paired(own_SN, np.tile(other_N, (3, 1)), names)


def test_one_source_decides_nothing() -> None:
    found = paired([[0.9, 0.8]], [[0.1, 0.2]], ["only", "only"])
    assert (found.low, found.high) == (0.0, pytest.approx(0.8))
    assert not found.is_decided


def test_a_source_counts_by_its_samples() -> None:
    assert paired([1.0, 1.0, 1.0, 0.0], np.zeros(4), ["a", "a", "a", "b"]).mean == pytest.approx(0.75)


def test_whole_numbers_name_sources_as_well_as_texts() -> None:
    own_SN, _ = study(np.random.default_rng(0), sources=9, per_source=2)
    numbers_N = np.repeat(np.arange(9), 2)
    texts = [str(number) for number in numbers_N]
    assert paired(own_SN, own_SN * 0.0, numbers_N) == paired(own_SN, own_SN * 0.0, texts)


@pytest.mark.parametrize(
    ("own", "other", "sources", "draws", "said"),
    [
        ([[1.0, 2.0]], [[1.0]], ["a", "b"], 10, r"given shapes \(1, 2\) and \(1, 1\)"),
        (np.zeros((2, 4)), np.zeros((3, 4)), list("aabb"), 10, "the same number of seeds or one"),
        ([[]], [[]], [], 10, "accepted are the same samples, one or more"),
        ([1.0, float("nan")], [1.0, 1.0], ["a", "b"], 10, "not finite"),
        ([1.0, 2.0], [1.0, 1.0], ["a"], 10, r"given \(1,\) for 2 samples"),
        ([1.0, 2.0], [1.0, 1.0], ["a", "b"], 0, "draws: given 0"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_sentence(
    own: list[float], other: list[float], sources: list[str], draws: int, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        paired(own, other, sources, draws=draws)


def test_a_hundred_thousand_samples_take_seconds() -> None:
    random = np.random.default_rng(0)
    own_SN = random.random((5, 100_000))
    sources_N = random.integers(0, 50_000, 100_000)
    began = time.process_time()
    assert isinstance(paired(own_SN, own_SN - 0.1, sources_N), Difference)
    assert time.process_time() - began < 60  # generous: another machine, and busy


def test_many_at_once_are_what_each_would_be_alone() -> None:
    draw = np.random.default_rng(3)
    sources = np.repeat(np.arange(20), 5)
    sides = [(draw.random((seeds, 100)), draw.random((seeds, 100))) for seeds in (1, 3, 1, 3)]
    few = (draw.random((1, 4)), draw.random((1, 4)), [1, 1, 2, 2])
    alone = (draw.random((1, 4)), draw.random((1, 4)), [1, 1, 1, 1])
    given = [*((own, other, sources) for own, other in sides), few, alone]
    together = intervals([summed(*one) for one in given])
    for one, found in zip(given, together, strict=True):
        expected = paired(*one)
        assert (found.mean, found.low, found.high) == pytest.approx(
            (expected.mean, expected.low, expected.high), abs=1e-12
        )
