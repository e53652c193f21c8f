"""What a person sees of a dataset of images at a glance: classes, sizes, balance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mtkd_engine.data.images.check.looking import SeenImage
from mtkd_engine.data.labelled.check.statistics import aspect, balance_of, looks_of, spread
from mtkd_engine.data.labelled.rows import LabelledRow


def describe_images(
    rows: Collection[LabelledRow], seen: Mapping[int, SeenImage], *, classes: Sequence[str]
) -> dict[str, Any]:
    """This will give the statistics of a report: of images that can be read, by split."""
    return {**describe_files(rows, seen), "balance": balance_of(rows, classes)}


def describe_files(rows: Collection[LabelledRow], seen: Mapping[int, SeenImage]) -> dict[str, Any]:
    """This will give the statistics of images whatever is told of them."""
    looks = looks_of(rows, seen)
    return {
        "shorter_side": spread(looks, lambda look: min(look.width, look.height), whole=True),
        "aspect": spread(looks, aspect),
        "kilobytes": spread(looks, lambda look: look.size / 1000),
        "kinds": dict(Counter(look.kind for found in looks.values() for look in found).most_common()),
    }
