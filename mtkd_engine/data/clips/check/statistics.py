"""What a person sees of a dataset of clips at a glance: how many, how long, how large, of which classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mtkd_engine.data.clips.rows import CLIPS
from mtkd_engine.data.clips.seen import SeenClip
from mtkd_engine.data.labelled.check.statistics import (
    Counts,
    aspect,
    balance_of,
    counts_of,
    looks_of,
    spread,
)
from mtkd_engine.data.labelled.rows import LabelledRow


def count_clips(rows: Collection[LabelledRow], seen: Mapping[int, SeenClip]) -> dict[str, Counts]:
    """This will count samples, sources, classes, frames and seconds of each split; rows without one are not counted."""
    counts = counts_of(rows)
    for split, looks in looks_of(rows, seen).items():
        counts[split]["frames"] = sum(look.frames for look in looks)
        counts[split]["seconds"] = round(sum(look.seconds for look in looks), 3)
    return counts


def describe_clips(
    rows: Collection[LabelledRow], seen: Mapping[int, SeenClip], *, kind: str, classes: Sequence[str]
) -> dict[str, Any]:
    """This will give the statistics of a report, of clips that can be used, by split."""
    looks = looks_of(rows, seen)
    refused = Counter(seen[row.place].refusal for row in rows if seen[row.place].refusal)
    described = {
        "frames": spread(looks, lambda look: look.frames, whole=True),
        "kilobytes": spread(looks, lambda look: look.size / 1000),
        "balance": balance_of(rows, classes),
        "refused": dict(refused.most_common()),
    }
    if kind != CLIPS:
        return described
    return described | {
        "seconds": spread(looks, lambda look: look.seconds),
        "rate": spread(looks, lambda look: look.rate),
        "shorter_side": spread(looks, lambda look: min(look.width, look.height)),
        "aspect": spread(looks, aspect),
    }
