"""The labelled samples of a split alone, as often as the split has samples."""

from __future__ import annotations

from collections.abc import Sequence

from mtkd_engine.tasks.base import Batches
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.splits.base import ClassSplit


def labelled_only(split: ClassSplit) -> Batches[ClassBatch]:
    """This will give what labels alone can teach of: the split, or its labelled samples over and over."""
    rows = split.labelled_rows
    return split if rows is None else Repeated(split, rows)


class Repeated:
    """`Batches` of the samples at `rows`, over and over.

    An epoch has as many steps as one over the whole split, so that networks with few labels and with many train for
    the same time.
    """

    def __init__(self, split: ClassSplit, rows: Sequence[int]) -> None:
        assert rows, "every share of labels has at least one sample of each class"
        self._split = split
        self._rows = rows
        self._passes = -(-len(split) // len(rows))

    @property
    def ahead(self) -> bool:
        """As of the split."""
        return self._split.ahead

    def __len__(self) -> int:
        return len(self._split)

    def batch(self, indices: Sequence[int], *, epoch: int = 0) -> ClassBatch:
        """This will give the labelled samples that stand for these positions, another view of them for every pass."""
        count = len(self._rows)
        seen = epoch * self._passes + indices[0] // count
        return self._split.batch([self._rows[index % count] for index in indices], epoch=seen)
