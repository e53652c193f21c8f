"""A confusion matrix as squares on a page: which classes, in which order, how large, how dark.

Shape suffixes: C classes (true ones first, then said ones).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from jobs.comparisons.classes import Confusion

ROOM, SMALLEST, LARGEST = 860, 9, 44  # pixels
NUMBERED = 24
STEEP = 14
"""Labels of narrower columns stand upright, so that they do not lie on each other."""
LEFT, TOP = 118, 96
LONGEST_LABEL = 16
LEAST = 0.12
"""What is there at all is seen."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Samples of one class that were said to be of one: where it is drawn, in pixels, how dark, and where it leads."""

    true: str
    said: str
    count: int
    share: float
    x: int
    y: int
    query: str

    @property
    def is_right(self) -> bool:
        """Whether it lies on the diagonal."""
        return self.true == self.said

    @property
    def depth(self) -> float:
        """How dark it is; mistakes are few, so that small shares are told apart rather than large ones."""
        return LEAST + (1 - LEAST) * sqrt(self.share)

    @property
    def is_deep(self) -> bool:
        """Whether words on it must be light."""
        return self.depth > 0.6


@dataclass(frozen=True, kw_only=True)
class Label:
    """The name of a class beside its row or column."""

    name: str
    short: str
    middle: int


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """All that is drawn; `side` is the edge of a cell and `text` the size of a label in pixels."""

    cells: list[Cell]
    rows: list[Label]
    columns: list[Label]
    side: int
    text: int
    width: int
    height: int
    has_numbers: bool
    left: int = LEFT
    top: int = TOP

    @property
    def inner(self) -> int:
        """The edge of all cells together."""
        return self.side * len(self.rows)

    @property
    def angle(self) -> int:
        """How labels of columns are turned, in degrees."""
        return -90 if self.side < STEEP else -50

    @property
    def half(self) -> int:
        """From the corner of a cell to its middle."""
        return self.side // 2


def worst(confusion: Confusion, most: int) -> Confusion:
    """This will keep the classes with the most mistakes, in their order; all of them where they are few enough."""
    if len(confusion.classes) <= most:
        return confusion
    wrong_CC = confusion.counts_CC - np.diag(np.diagonal(confusion.counts_CC))
    mistakes_C = wrong_CC.sum(0) + wrong_CC.sum(1)
    return _taken(confusion, np.sort(np.argsort(-mistakes_C, kind="stable")[:most]).tolist())


def ordered(confusion: Confusion) -> Confusion:
    """This will bring classes that are taken for each other beside each other.

    From the class with most mistakes on, the next is always the one that is most often taken for those before it, the
    later ones counting more.
    """
    share_CC = confusion.counts_CC / np.maximum(confusion.counts_CC.sum(1, keepdims=True), 1)
    alike_CC = share_CC + share_CC.T
    np.fill_diagonal(alike_CC, 0.0)
    left = set(range(len(confusion.classes)))
    order = [int(alike_CC.sum(1).argmax())]
    near_C = np.zeros(len(confusion.classes))
    left.discard(order[0])
    while left:
        near_C = near_C / 2 + alike_CC[order[-1]]
        following = max(left, key=lambda place: (near_C[place], -place))
        order.append(following)
        left.discard(following)
    return _taken(confusion, order)


def drawn(confusion: Confusion, query: Callable[[str, str], str]) -> Matrix:
    """This will place what was said of each class; a cell of nothing is left empty. `query` leads to the samples."""
    count = len(confusion.classes)
    side = max(SMALLEST, min(LARGEST, ROOM // count))
    samples_C = np.maximum(confusion.counts_CC.sum(1), 1)
    cells = []
    for row, column in zip(*(places.tolist() for places in np.nonzero(confusion.counts_CC)), strict=True):
        true, said = confusion.classes[row], confusion.classes[column]
        found = int(confusion.counts_CC[row, column])
        cells.append(
            Cell(
                true=true,
                said=said,
                count=found,
                share=float(found / samples_C[row]),
                x=LEFT + side * column,
                y=TOP + side * row,
                query=query(true, said),
            )
        )
    return Matrix(
        cells=cells,
        rows=_labels(confusion, side, TOP),
        columns=_labels(confusion, side, LEFT),
        side=side,
        text=max(8, min(12, side - 1)),
        width=LEFT + side * count + 40,
        height=TOP + side * count + 4,
        has_numbers=count <= NUMBERED,
    )


def _labels(confusion: Confusion, side: int, start: int) -> list[Label]:
    return [
        Label(
            name=name,
            short=name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…",
            middle=start + side * place + side // 2,
        )
        for place, name in enumerate(confusion.classes)
    ]


def _taken(confusion: Confusion, places: list[int]) -> Confusion:
    return replace(
        confusion,
        classes=tuple(confusion.classes[place] for place in places),
        counts_CC=confusion.counts_CC[np.ix_(places, places)],
    )
