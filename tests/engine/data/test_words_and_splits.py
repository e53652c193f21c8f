"""Vocabulary and splits by source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.split import folds_by_source, hold_out_sources
from mtkd_engine.data.vocabulary import build_vocabulary, tokenize

names = st.sets(st.text(min_size=1, max_size=5), min_size=2, max_size=40)


def test_words_are_lower_case_without_punctuation() -> None:
    assert tokenize("After it stops, the Person's 2nd walk_around: été!") == [
        "after", "it", "stops", "the", "person's", "2nd", "walk", "around", "été",
    ]  # fmt: skip


def test_a_vocabulary_starts_with_pad_and_unk_and_goes_by_frequency() -> None:
    assert build_vocabulary(["b a", "b c", "a b z"], 2) == ["<pad>", "<unk>", "b", "a"]
    assert build_vocabulary([], 1) == ["<pad>", "<unk>"]


@given(sources=names, seed=st.integers(0, 9))
def test_held_out_sources_are_some_and_never_all(sources: set[str], seed: int) -> None:
    aside = hold_out_sources(sources, seed=seed)
    assert 1 <= len(aside) < len(sources)
    assert aside <= sources
    assert aside == hold_out_sources(sorted(sources, reverse=True), seed=seed)


@given(sources=names, seed=st.integers(0, 9))
def test_folds_cover_every_source_once_in_nearly_equal_parts(sources: set[str], seed: int) -> None:
    assigned = folds_by_source(sources, folds=2, seed=seed)
    assert set(assigned) == sources
    sizes = [list(assigned.values()).count(fold) for fold in range(2)]
    assert abs(sizes[0] - sizes[1]) <= 1
    assert assigned == folds_by_source(sorted(sources), folds=2, seed=seed)


def test_more_folds_than_sources_are_refused() -> None:
    with pytest.raises(DataError, match="folds is 3"):
        folds_by_source(["a", "b"], folds=3)
