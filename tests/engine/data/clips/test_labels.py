"""Labels are names or numbers, from 0 or from 1, and never silently those of other classes."""

from __future__ import annotations

import pytest

from mtkd_engine.data.clips.labels import Said, labels_of
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.rows import UNKNOWN

ABC = ("a", "b", "c")


def places(
    said: list[Said], listed: tuple[str, ...] | None = None
) -> tuple[tuple[str, ...], list[int], set[str]]:
    labels = labels_of(said, listed=listed, where="list.txt")
    numbers = {name: number for number, name in enumerate(labels.classes)}
    return labels.classes, [labels.of(one, numbers) for one in said], {one.code for one in labels.found}


def test_names_are_sorted_and_numbers_count_from_zero() -> None:
    assert places([(None, "run"), (None, "jump")]) == (("jump", "run"), [1, 0], set())
    assert places([(2, None), (0, None)]) == (("0", "1", "2"), [2, 0], set())


def test_names_that_come_with_their_numbers_are_in_their_order() -> None:
    said: list[Said] = [(1, "jump"), (0, "run"), (None, "jump")]
    assert places(said) == (("run", "jump"), [1, 0, 1], set())


def test_numbers_that_count_from_one_are_taken_as_one_less() -> None:
    assert places([(1, None), (3, None)]) == (("1", "2", "3"), [0, 2], {"labels_from_one"})
    assert places([(1, None), (3, None)], ABC) == (ABC, [0, 2], {"labels_from_one"})


def test_numbers_that_may_count_from_one_are_told_of() -> None:
    assert places([(1, None), (2, None)], ABC) == (ABC, [1, 2], {"labels_maybe_from_one"})


def test_labels_beyond_the_list_are_none_of_its_classes() -> None:
    said: list[Said] = [(0, None), (3, None), (-1, None), (None, "d"), (None, "c")]
    assert places(said, ABC)[1] == [0, UNKNOWN, UNKNOWN, UNKNOWN, 2]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ([(0, None), (None, "run")], "some labels are numbers"),
        ([(0, "run"), (0, "jump")], "the label 0 is named 'run' and 'jump'"),
        ([(0, None), (10**9, None)], "a label is 1,000,000,000"),
        ([(-1, None)], "no usable label"),
        ([(number, None) for number in range(50_000)], "more than 20,000 classes"),
        ([(None, "x" * 201), (None, "y")], "the class"),
    ],
)
def test_labels_that_contradict_each_other_are_refused(said: list[Said], what: str) -> None:
    with pytest.raises(DataError, match=what):
        places(said)
