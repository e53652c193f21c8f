"""What a person sees of pictures with masks at a glance: sizes, and which share of pixels each class has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mtkd_engine.data.images.check.statistics import describe_files
from mtkd_engine.data.labelled.check.statistics import Counts, looks_of
from mtkd_engine.data.labelled.rows import LabelledRow
from mtkd_engine.data.masks.check.looking import SeenPair
from mtkd_engine.data.masks.dataset import VOID
from mtkd_engine.data.split import SPLITS


def describe_masks(
    rows: Collection[LabelledRow], seen: Mapping[int, SeenPair], *, classes: Sequence[str]
) -> dict[str, Any]:
    """This will give the statistics of a report: of pairs that can be read, by split.

    `pixels` counts the pixels of each class, in the order of the classes, and last those of void; `shares` are those
    of train, the largest first, of pixels that have a class.
    """
    counts = {split: _pixels(looks) for split, looks in looks_of(rows, seen).items()}
    pixels = {
        split: [found[number] for number in (*range(len(classes)), VOID)] for split, found in counts.items()
    }
    learned = sum(pixels["train"][:-1])
    order = sorted(range(len(classes)), key=lambda number: (-pixels["train"][number], number))
    return {
        **describe_files(rows, seen),
        "pixels": pixels,
        "shares": [
            {"name": classes[number], "share": pixels["train"][number] / learned if learned else 0.0}
            for number in order
        ],
    }


def count_masks(rows: Collection[LabelledRow], seen: Mapping[int, SeenPair]) -> dict[str, Counts]:
    """This will count samples, sources and classes of each split."""
    counts: dict[str, Counts] = {}
    for split in SPLITS:
        several = [row for row in rows if row.split == split]
        counts[split] = {
            "samples": len(several),
            "sources": len({row.source for row in several}),
            "classes": len({number for row in several for number in classes_in(seen[row.place])}),
        }
    return counts


def classes_in(look: SeenPair) -> set[int]:
    """This will give the classes that a mask has pixels of."""
    return {number for number, count in look.pixels.items() if number != VOID and count}


def pictures_with(
    rows: Collection[LabelledRow], seen: Mapping[int, SeenPair], *, classes: int
) -> dict[str, list[int]]:
    """This will count the pictures that have a pixel of each class, in the order of the classes, by split."""
    counts = {split: [0] * classes for split in SPLITS}
    for row in rows:
        for number in classes_in(seen[row.place]) if row.split is not None else ():
            counts[str(row.split)][number] += 1
    return counts


def _pixels(looks: Sequence[SeenPair]) -> Counter[int]:
    counts: Counter[int] = Counter()
    for look in looks:
        counts.update(look.pixels)
    return counts
