"""What a person sees of a dataset of clips at a glance: how many, how long, how large, of which classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mtkd_engine.data.check.statistics import Numbers, histogram
from mtkd_engine.data.clips.rows import CLIPS
from mtkd_engine.data.clips.seen import Seen
from mtkd_engine.data.images.rows import UNKNOWN, ImageRow
from mtkd_engine.data.split import SPLITS

_WIDEST = 4.0
_BySplit = dict[str, list[Seen]]


def count_clips(rows: Collection[ImageRow], seen: Mapping[int, Seen]) -> dict[str, dict[str, int | float]]:
    """This will count samples, sources, classes, frames and seconds of each split; rows without one are not counted."""
    counts: dict[str, dict[str, int | float]] = {}
    for split in SPLITS:
        several = [row for row in rows if row.split == split]
        looks = [seen[row.place] for row in several if not seen[row.place].fault]
        counts[split] = {
            "samples": len(several),
            "sources": len({row.source for row in several}),
            "classes": len({row.label for row in several if row.label != UNKNOWN}),
            "frames": sum(look.frames for look in looks),
            "seconds": round(sum(look.seconds for look in looks), 3),
        }
    return counts


def describe_clips(
    rows: Collection[ImageRow], seen: Mapping[int, Seen], *, kind: str, classes: Sequence[str]
) -> dict[str, Any]:
    """This will give the statistics of a report, of clips that can be used, by split."""
    looks: _BySplit = {
        split: [seen[row.place] for row in rows if row.split == split and not seen[row.place].fault]
        for split in SPLITS
    }
    refused = Counter(seen[row.place].refusal for row in rows if seen[row.place].refusal)
    described = {
        "frames": histogram(
            {split: _array(of.frames for of in found) for split, found in looks.items()}, whole=True
        ),
        "kilobytes": _histogram(looks, lambda look: look.size / 1000),
        "balance": balance_of(rows, classes),
        "refused": dict(refused.most_common()),
    }
    if kind != CLIPS:
        return described
    return described | {
        "seconds": _histogram(looks, lambda look: look.seconds),
        "rate": _histogram(looks, lambda look: look.rate),
        "shorter_side": _histogram(looks, lambda look: min(look.width, look.height)),
        "aspect": _histogram(looks, lambda look: min(look.width / max(look.height, 1), _WIDEST)),
    }


def balance_of(rows: Collection[ImageRow], classes: Sequence[str]) -> dict[str, Any] | None:
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


def _histogram(looks: _BySplit, of: Callable[[Seen], float]) -> dict[str, Any]:
    return histogram({split: _array(of(look) for look in found) for split, found in looks.items()})


def _array(values: Iterable[float]) -> Numbers:
    return np.fromiter(values, dtype=np.float64)
