"""Splits that never share a source."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, replace

from mtkd_engine.data.check.problems import ProblemLog
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.rows import Row

SPLITS = ("train", "val", "test")
_SHARE = 0.15
_SEEDS = {"val": 0, "test": 1}


def hold_out_sources(sources: Collection[str], *, share: float = _SHARE, seed: int = 0) -> frozenset[str]:
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


@dataclass(frozen=True)
class Divided:
    """Rows that all have a split, and the names of the splits that were made for it."""

    rows: list[Row]
    made: frozenset[str]


def divide(rows: list[Row], log: ProblemLog) -> Divided:
    """This will give every row a split: those found, and by source what is missing of train, val and test.

    Without train nothing can be learnt, so then all rows are divided anew. What is set aside for val
    depends on nothing but the sources of train. Too few sources are logged and leave the rows as they are.
    """
    found = {row.split for row in rows}
    is_new = "train" not in found
    made = frozenset(SPLITS) if is_new else frozenset(SPLITS) - found
    sources = {row.source for row in rows if is_new or row.split == "train"}
    missing = [split for split in ("test", "val") if split in made]
    if len(sources) <= len(missing):
        if rows:
            log.add(
                "too_few_sources",
                detail=f"the split train has {len(sources)} source(s) and there is no split {' or '.join(missing)}, "
                "while two sources are needed to set one aside",
            )
        return Divided(rows, frozenset())
    aside: dict[str, str] = {}
    left = sources
    for split in missing:
        share = _SHARE / (1 - _SHARE) if len(missing) == 2 and split == "val" else _SHARE
        chosen = hold_out_sources(left, share=share, seed=_SEEDS[split])
        aside |= dict.fromkeys(chosen, split)
        left = left - chosen
    if is_new:
        log.add("split_made", detail=f"{len(sources)} sources are divided")
    else:
        for split in missing:
            log.add(
                f"{split}_made", detail=f"{sum(of == split for of in aside.values())} sources are set aside"
            )
    if not aside:
        return Divided(rows, made)
    return Divided(
        [
            _moved(row, aside.get(row.source, "train")) if is_new or row.split == "train" else row
            for row in rows
        ],
        made,
    )


def _moved(row: Row, split: str) -> Row:
    return row if row.split == split else replace(row, split=split)
