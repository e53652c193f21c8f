from __future__ import annotations

import numpy as np

from jobs.comparisons.classes import Confusion
from webapp.pages.inspect_matrix import drawn, ordered, worst


def matrix(counts: list[list[int]]) -> Confusion:
    return Confusion(classes=tuple("abcdefgh"[: len(counts)]), counts_CC=np.array(counts, dtype=np.int64))


def test_classes_that_are_taken_for_each_other_come_beside_each_other() -> None:
    found = ordered(matrix([[6, 0, 4, 0], [0, 7, 0, 3], [5, 0, 5, 0], [0, 1, 0, 9]]))
    assert {frozenset(found.classes[:2]), frozenset(found.classes[2:])} == {frozenset("ac"), frozenset("bd")}
    assert found.counts_CC.sum() == 40
    assert np.diagonal(found.counts_CC).sum() == 27


def test_the_classes_with_most_mistakes_stay_in_their_order() -> None:
    found = worst(matrix([[9, 0, 1], [0, 9, 0], [3, 0, 5]]), 2)
    assert found.classes == ("a", "c")
    assert found.counts_CC.tolist() == [[9, 1], [3, 5]]


def test_squares_are_placed_by_class_and_empty_ones_are_not_drawn() -> None:
    found = drawn(matrix([[3, 1], [0, 0]]), lambda true, said: f"{true}{said}")
    assert [(cell.query, cell.count, cell.share, cell.is_right) for cell in found.cells] == [
        ("aa", 3, 0.75, True),
        ("ab", 1, 0.25, False),
    ]
    assert found.cells[1].x - found.cells[0].x == found.side
    assert found.cells[0].depth > found.cells[1].depth > 0.12
    assert found.has_numbers


def test_many_classes_have_small_squares_and_upright_labels() -> None:
    many = Confusion(classes=tuple(map(str, range(100))), counts_CC=np.eye(100, dtype=np.int64))
    found = drawn(many, lambda true, said: "")
    assert (found.side, found.angle, found.has_numbers, found.inner) == (9, -90, False, 900)
