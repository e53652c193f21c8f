"""What a person sees of a dataset of images at a glance: classes, sizes, balance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from mtkd_engine.data.check.statistics import Numbers, histogram
from mtkd_engine.data.images.check.looking import Seen
from mtkd_engine.data.images.rows import UNKNOWN, ImageRow
from mtkd_engine.data.split import SPLITS

_WIDEST = 4.0


def count_images(rows: Collection[ImageRow]) -> dict[str, dict[str, int]]:
    """This will count samples, sources and classes of each split; rows without one are not counted."""
    return {
        split: {
            "samples": len(several),
            "sources": len({row.source for row in several}),
            "classes": len({row.label for row in several}),
        }
        for split, several in _by_split(rows).items()
    }


def class_counts(rows: Collection[ImageRow], *, classes: int) -> dict[str, list[int]]:
    """This will count the images of each class, in the order of the classes, by split."""
    counts = {split: [0] * classes for split in SPLITS}
    for row in rows:
        if row.split is not None and row.label != UNKNOWN:
            counts[row.split][row.label] += 1
    return counts


def describe_images(
    rows: Collection[ImageRow], seen: Mapping[int, Seen], *, classes: Sequence[str]
) -> dict[str, Any]:
    """This will give the statistics of a report: of images that can be read, by split."""
    usable = [row for row in rows if not seen[row.place].fault]
    looks = {split: [seen[row.place] for row in several] for split, several in _by_split(usable).items()}
    return {
        "shorter_side": histogram(
            {
                split: _numbers([min(look.width, look.height) for look in found])
                for split, found in looks.items()
            },
            whole=True,
        ),
        "aspect": histogram(
            {
                split: _numbers([min(look.width / look.height, _WIDEST) for look in found])
                for split, found in looks.items()
            }
        ),
        "kilobytes": histogram(
            {split: _numbers([look.size / 1000 for look in found]) for split, found in looks.items()}
        ),
        "kinds": dict(Counter(look.kind for found in looks.values() for look in found).most_common()),
        "balance": _balance(rows, classes),
    }


def _balance(rows: Collection[ImageRow], classes: Sequence[str]) -> dict[str, Any] | None:
    """The largest and the smallest class of train, and how many times the one is the other."""
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


def _by_split(rows: Collection[ImageRow]) -> dict[str, list[ImageRow]]:
    by_split: dict[str, list[ImageRow]] = {split: [] for split in SPLITS}
    for row in rows:
        if row.split is not None:
            by_split[row.split].append(row)
    return by_split


def _numbers(values: Sequence[float]) -> Numbers:
    return np.array(values, dtype=np.float64)
