"""What a person sees of labelled samples at a glance: classes, balance, and how anything is spread over the splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from mtkd_engine.data.check.statistics import histogram
from mtkd_engine.data.labelled.check.seen import Seen
from mtkd_engine.data.labelled.rows import UNKNOWN, LabelledRow
from mtkd_engine.data.split import SPLITS

_WIDEST = 4.0
Counts = dict[str, int | float]
SeenT = TypeVar("SeenT", bound=Seen)


def counts_of(rows: Collection[LabelledRow]) -> dict[str, Counts]:
    """This will count samples, sources and classes of each split; rows without one are not counted."""
    counts: dict[str, Counts] = {}
    for split in SPLITS:
        several = [row for row in rows if row.split == split]
        counts[split] = {
            "samples": len(several),
            "sources": len({row.source for row in several}),
            "classes": len({row.label for row in several if row.label != UNKNOWN}),
        }
    return counts


def class_counts(rows: Collection[LabelledRow], *, classes: int) -> dict[str, list[int]]:
    """This will count the samples of each class, in the order of the classes, by split."""
    counts = {split: [0] * classes for split in SPLITS}
    for row in rows:
        if row.split is not None and row.label != UNKNOWN:
            counts[row.split][row.label] += 1
    return counts


def balance_of(rows: Collection[LabelledRow], classes: Sequence[str]) -> dict[str, Any] | None:
    """This will give the largest and the smallest class of train, and how many times the one is the other."""
    counts = Counter(row.label for row in rows if row.split == "train" and row.label != UNKNOWN)
    if not counts:
        return None
    ordered = sorted(counts, key=lambda label: (counts[label], label))
    smallest, largest = ordered[0], ordered[-1]
    return {
        "largest": {"name": classes[largest], "samples": counts[largest]},
        "smallest": {"name": classes[smallest], "samples": counts[smallest]},
        "ratio": counts[largest] / counts[smallest],
    }


def looks_of(rows: Collection[LabelledRow], seen: Mapping[int, SeenT]) -> dict[str, list[SeenT]]:
    """This will give what is known of usable samples by split."""
    return {
        split: [seen[row.place] for row in rows if row.split == split and not seen[row.place].fault]
        for split in SPLITS
    }


def spread(
    looks: Mapping[str, Sequence[SeenT]], of: Callable[[SeenT], float], *, whole: bool = False
) -> dict[str, Any]:
    """This will give the histogram of a number of each sample."""
    numbers = {
        split: np.fromiter((of(look) for look in found), dtype=np.float64) for split, found in looks.items()
    }
    return histogram(numbers, whole=whole)


def aspect(look: Seen) -> float:
    """This will give how many times as wide as high a sample is, up to four."""
    return min(look.width / max(look.height, 1), _WIDEST)
