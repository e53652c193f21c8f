"""Missing splits of labelled samples: set aside class by class, never dividing a source or equal contents."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mtkd_engine.data.labelled.rows import LabelledRow
from mtkd_engine.data.split import SPLITS

_SHARE = 0.15
_SEEDS = {"val": 0, "test": 1}


def divide_rows(
    rows: Sequence[LabelledRow], *, hashes: Mapping[int, str]
) -> tuple[list[LabelledRow], dict[str, int]]:
    """This will give every row a split, and say how many rows went into each of those that were made.

    About 15 % of every class of train go to each missing split, at least one source of a class that has several.
    Without train, all rows are divided anew. `hashes` has the sha256 of what lies at each place: equal contents stay
    together, as those of a source do. What is set aside depends on nothing but the rows of train.
    """
    found = {row.split for row in rows}
    is_new = "train" not in found
    missing = [split for split in ("test", "val") if is_new or split not in found]
    if not missing or not rows:
        return list(rows), {}
    pool = [row for row in rows if is_new or row.split == "train"]
    groups = _groups(pool, hashes)
    aside: dict[str, str] = {}
    for split in missing:
        share = _SHARE / (1 - _SHARE) if len(missing) == 2 and split == "val" else _SHARE
        left = {group: of for group, of in groups.items() if group not in aside}
        aside |= dict.fromkeys(_held_out(left, share=share, seed=_SEEDS[split]), split)
    keys = _keys(pool, hashes)
    moved = {row.place: aside.get(key, "train") for row, key in zip(pool, keys, strict=True)}
    divided = [
        replace(row, split=moved[row.place]) if (is_new or row.split == "train") else row for row in rows
    ]
    counts = Counter(row.split for row in divided)
    made = {split: counts[split] for split in (SPLITS if is_new else missing)}
    return divided, made


def _groups(rows: Sequence[LabelledRow], hashes: Mapping[int, str]) -> dict[str, tuple[int, int]]:
    """Each group of rows that must stay together, with its most frequent class and its size."""
    labels: dict[str, Counter[int]] = defaultdict(Counter)
    for row, key in zip(rows, _keys(rows, hashes), strict=True):
        labels[key][row.label] += 1
    return {
        key: (min(counts, key=lambda label: (-counts[label], label)), counts.total())
        for key, counts in labels.items()
    }


def _keys(rows: Sequence[LabelledRow], hashes: Mapping[int, str]) -> list[str]:
    """One key a row, the same for rows that share a source or a content, however indirectly."""
    parents: dict[str, str] = {}

    def root(key: str) -> str:
        while (up := parents.setdefault(key, key)) != key:
            parents[key] = parents.get(up, up)
            key = up
        return key

    for row in rows:
        one, other = sorted((root(f"s{row.source}"), root(f"b{hashes[row.place]}")))
        parents[other] = one
    return [root(f"s{row.source}") for row in rows]


def _held_out(groups: Mapping[str, tuple[int, int]], *, share: float, seed: int) -> list[str]:
    by_class: dict[int, list[str]] = defaultdict(list)
    for key in sorted(groups):
        by_class[groups[key][0]].append(key)
    chosen: list[str] = []
    for label, keys in sorted(by_class.items()):
        if len(keys) < 2:
            continue
        random.Random(f"{seed}:{label}").shuffle(keys)  # noqa: S311 - reproducible, not secret
        wanted = share * sum(groups[key][1] for key in keys)
        taken = 0
        for number, key in enumerate(keys[:-1]):
            if number and taken + groups[key][1] / 2 > wanted:
                break
            chosen.append(key)
            taken += groups[key][1]
    return chosen
