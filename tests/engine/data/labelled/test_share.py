"""Which training samples keep their labels."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.labelled.share import SHARES, labelled_share

_SIZES = {0: 200, 1: 50, 2: 7, 3: 1}


def _samples() -> list[LabelledSample]:
    labels = [label for label, size in _SIZES.items() for _ in range(size)]
    return [
        LabelledSample(f"clip {number}", f"film {number // 3}", label, number)
        for number, label in enumerate(labels)
    ]


def _kept(share: float, *, seed: int = 0) -> set[str]:
    samples = _samples()
    kept_N = labelled_share(samples, share=share, seed=seed)
    return {sample.sample_id for sample, kept in zip(samples, kept_N, strict=True) if kept}


def test_a_smaller_share_is_part_of_every_larger_one() -> None:
    kept = [_kept(share) for share in sorted({*SHARES, 0.03, 0.33, 0.999})]
    assert all(smaller <= larger for smaller, larger in pairwise(kept))
    assert len(kept[-1]) == sum(_SIZES.values())


@pytest.mark.parametrize("share", SHARES)
def test_each_class_has_its_share_and_one_sample_at_the_least(share: float) -> None:
    samples = _samples()
    kept_N = labelled_share(samples, share=share)
    counts = Counter(sample.label for sample, kept in zip(samples, kept_N, strict=True) if kept)
    for label, size in _SIZES.items():
        assert counts[label] == max(1, int(share * size + 0.5))


def test_the_order_of_the_samples_does_not_matter() -> None:
    samples = _samples()
    random.Random(1).shuffle(samples)
    kept_N = labelled_share(samples, share=0.2)
    assert {sample.sample_id for sample, kept in zip(samples, kept_N, strict=True) if kept} == _kept(0.2)


def test_the_choice_depends_on_the_seed_and_on_nothing_that_a_process_makes_up() -> None:
    assert _kept(0.1, seed=0) != _kept(0.1, seed=1)
    assert sorted(_kept(0.02)) == [
        *("clip 10", "clip 174", "clip 20", "clip 203"),
        *("clip 250", "clip 257", "clip 55"),
    ]


def test_of_no_share_nothing_is_labelled() -> None:
    assert not labelled_share(_samples(), share=0).any()
    assert labelled_share([], share=0.5).tolist() == []


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(DataError, match=r"share: given .*accepted is a number from 0 to 1"):
        labelled_share(_samples(), share=share)
