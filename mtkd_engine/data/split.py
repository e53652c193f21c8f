"""Splits that never share a source."""

import random
from collections.abc import Collection

from mtkd_engine.data.errors import DataError


def hold_out_sources(sources: Collection[str], *, share: float = 0.15, seed: int = 0) -> frozenset[str]:
    """Choose about `share` of the distinct sources: at least one, never all; repeatable by seed."""
    distinct = sorted(set(sources))
    if len(distinct) < 2:
        raise DataError(
            f"the split train has {len(distinct)} source(s) and there is no split val; "
            "two sources are needed to set one aside for validation."
        )
    count = min(max(1, round(share * len(distinct))), len(distinct) - 1)
    return frozenset(random.Random(seed).sample(distinct, count))  # noqa: S311 - reproducible, not secret


def folds_by_source(sources: Collection[str], *, folds: int, seed: int = 0) -> dict[str, int]:
    """Assign each source to one of `folds` folds of nearly equal size; repeatable by seed."""
    distinct = sorted(set(sources))
    if not 2 <= folds <= len(distinct):
        raise DataError(f"folds is {folds}; from 2 to the number of sources ({len(distinct)}) is accepted.")
    random.Random(seed).shuffle(distinct)  # noqa: S311 - reproducible, not secret
    return {source: index % folds for index, source in enumerate(distinct)}
