"""Leave one teacher out: what it costs, and what it saves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.evaluation.without import seconds_of, without_each
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from tests.engine.evaluation.test_lessons import LENGTH, some_faculty, some_samples
from tests.engine.test_baselines import Rows

RIGHT = {"good": 0.8, "fair": 0.5, "bad": 0.05}


@pytest.fixture
def splits() -> dict[str, SplitData]:
    collator = Collator(vocabulary=["<pad>", "<unk>"], max_words=4, clips=LENGTH, features=Rows())
    return {
        name: SplitData(some_samples(150, seed=seed), collator, device="cpu")
        for seed, name in enumerate(("train", "test"))
    }


@pytest.fixture
def faculties(splits: dict[str, SplitData]) -> dict[str, Faculty]:
    return {name: some_faculty(data.samples, right=RIGHT, seed=9) for name, data in splits.items()}


def test_a_good_teacher_is_missed_and_a_bad_one_is_not(
    splits: dict[str, SplitData], faculties: dict[str, Faculty]
) -> None:
    found = without_each(splits=splits, faculties=faculties, seed=0)
    assert list(found) == list(RIGHT)
    good, fair, bad = (one["miou"] for one in found.values())
    assert good is not None
    assert fair is not None
    assert bad is not None
    assert good > 0.1
    assert good > max(fair, bad)
    assert abs(bad) < 0.05


def test_seconds_are_summed_over_splits_where_all_are_known(faculties: dict[str, Faculty]) -> None:
    assert seconds_of(faculties, 0) == 3.0
    stored = [replace(faculties["test"].stored[0], seconds=None), *faculties["test"].stored[1:]]
    partly = {**faculties, "test": Faculty(list(RIGHT), stored)}
    assert seconds_of(partly, 0) is None
    assert seconds_of(partly, 1) == 3.0


def test_a_single_teacher_cannot_be_left_out(
    splits: dict[str, SplitData], faculties: dict[str, Faculty]
) -> None:
    alone = {name: Faculty(["good"], one.stored[:1]) for name, one in faculties.items()}
    assert without_each(splits=splits, faculties=alone, seed=0) == {}
