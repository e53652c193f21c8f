"""What a person sees of a dataset of gaze at a glance: how many fixations, by how many, how large, how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from mtkd_engine.data.gaze.rows import VIDEOS
from mtkd_engine.data.gaze.seen import SeenGaze
from mtkd_engine.data.labelled.check.statistics import Counts, aspect, looks_of, spread
from mtkd_engine.data.labelled.rows import LabelledRow
from mtkd_engine.data.split import SPLITS


def count_gaze(
    rows: Collection[LabelledRow], seen: Mapping[int, SeenGaze], *, kind: str
) -> dict[str, Counts]:
    """This will count samples, sources, fixations and maps of each split, of videos frames and seconds as well."""
    looks = looks_of(rows, seen)
    counts: dict[str, Counts] = {}
    for split in SPLITS:
        several = [row for row in rows if row.split == split]
        counts[split] = {
            "samples": len(several),
            "sources": len({row.source for row in several}),
            "fixations": sum(look.fixations for look in looks[split]),
            "maps": sum(look.maps for look in looks[split]),
        }
        if kind == VIDEOS:
            counts[split]["frames"] = sum(look.frames for look in looks[split])
            counts[split]["seconds"] = round(sum(look.seconds for look in looks[split]), 3)
    return counts


def describe_gaze(
    rows: Collection[LabelledRow], seen: Mapping[int, SeenGaze], *, kind: str
) -> dict[str, Any]:
    """This will give the statistics of a report, of samples that can be used, by split.

    `left_out` counts fixations outside of frames and after the end of videos; those that are cut off there count on.
    """
    looks = looks_of(rows, seen)
    described = {
        "fixations": spread(looks, lambda look: look.fixations, whole=True),
        "viewers": spread(looks, lambda look: look.viewers, whole=True),
        "shorter_side": spread(looks, lambda look: min(look.width, look.height), whole=True),
        "aspect": spread(looks, aspect),
        "kilobytes": spread(looks, lambda look: look.size / 1000),
    }
    used = [look for found in looks.values() for look in found]
    described["left_out"] = {
        "outside": sum(look.outside for look in used),
        "late": sum(look.late for look in used),
        "clipped": sum(look.clipped for look in used),
    }
    if kind != VIDEOS:
        kinds = Counter(look.kind for look in used)
        return {**described, "kinds": dict(kinds.most_common())}
    refused = Counter(seen[row.place].refusal for row in rows if seen[row.place].refusal)
    return {
        **described,
        "frames": spread(looks, lambda look: look.frames, whole=True),
        "seconds": spread(looks, lambda look: look.seconds),
        "rate": spread(looks, lambda look: look.rate),
        "refused": dict(refused.most_common()),
    }
