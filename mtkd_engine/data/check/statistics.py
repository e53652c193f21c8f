"""What a person sees of a dataset at a glance: distributions by split, positions of windows, words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.check.findings import CLIPPABLE, window_fault
from mtkd_engine.data.rows import Row
from mtkd_engine.data.split import SPLITS
from mtkd_engine.data.vocabulary import tokenize

_BINS = 20
_TOP = 30
_TAIL = 4.0  # beyond so many times the 99th percentile, the last bin takes the rest
Numbers = NDArray[np.float64]
Windows = NDArray[np.float64]


def count_splits(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """This will count samples, videos, sources and windows of each split; rows without one are not counted."""
    by_split = _by_split(rows)
    return {
        split: {
            "samples": len(several),
            "videos": len({row.video_id for row in several}),
            "sources": len({row.source for row in several}),
            "windows": sum(len(row.windows) for row in several),
        }
        for split, several in by_split.items()
    }


def describe(rows: Iterable[Row]) -> dict[str, Any]:
    """This will give the statistics of a report; windows count as far as they lie inside their video."""
    by_split = _by_split(rows)
    words = {split: [tokenize(row.sentence) for row in several] for split, several in by_split.items()}
    windows = {split: _windows(several) for split, several in by_split.items()}
    return {
        "duration": histogram(_each(by_split, _durations)),
        "window_seconds": histogram({split: _lengths(found) for split, found in windows.items()}),
        "window_share": histogram(
            {split: _lengths(found) / found[:, 2] for split, found in windows.items()}, highest=1.0
        ),
        "words": histogram(
            {split: _array(len(each) for each in several) for split, several in words.items()}, whole=True
        ),
        "queries_per_video": histogram(_each(by_split, _queries), whole=True),
        "windows_per_query": histogram(
            _each(by_split, lambda several: _array(len(row.windows) for row in several)), whole=True
        ),
        "position": {
            "bins": _BINS,
            "counts": {split: _positions(found) for split, found in windows.items()},
        },
        "vocabulary": _vocabulary(words),
    }


def _by_split(rows: Iterable[Row]) -> dict[str, list[Row]]:
    by_split: dict[str, list[Row]] = {split: [] for split in SPLITS}
    for row in rows:
        if row.split is not None:
            by_split[row.split].append(row)
    return by_split


def _each(
    by_split: Mapping[str, Sequence[Row]], of: Callable[[Sequence[Row]], Numbers]
) -> dict[str, Numbers]:
    return {split: of(rows) for split, rows in by_split.items()}


def _array(values: Iterable[float]) -> Numbers:
    return np.fromiter(values, dtype=np.float64)


def _durations(rows: Sequence[Row]) -> Numbers:
    return _array({row.video_id: row.duration for row in rows if row.duration is not None}.values())


def _queries(rows: Sequence[Row]) -> Numbers:
    return _array(Counter(row.video_id for row in rows).values())


def _windows(rows: Sequence[Row]) -> Windows:
    """Start, end and duration of every usable window, (N, 3)."""
    found = [
        (max(start, 0.0), min(end, row.duration), row.duration)
        for row in rows
        if row.duration is not None
        for start, end in row.windows
        if window_fault((start, end), duration=row.duration) in {None, *CLIPPABLE}
    ]
    return np.array(found, dtype=np.float64).reshape(-1, 3)


def _lengths(windows: Windows) -> Numbers:
    return windows[:, 1] - windows[:, 0]


def _positions(windows: Windows) -> list[list[int]]:
    shares = windows[:, :2] / windows[:, 2:]
    counts, _, _ = np.histogram2d(shares[:, 0], shares[:, 1], bins=_BINS, range=((0, 1), (0, 1)))
    return [[int(count) for count in row] for row in counts]


def histogram(
    values: Mapping[str, Numbers], *, whole: bool = False, highest: float | None = None
) -> dict[str, Any]:
    """This will give edges of bins, and by split counts, mean and median."""
    edges = _edges(np.concatenate([*values.values(), np.zeros(0)]), whole=whole, highest=highest)
    return {
        "edges": edges.tolist(),
        "counts": {split: np.histogram(found, edges)[0].tolist() for split, found in values.items()},
        "mean": {split: float(found.mean()) if len(found) else None for split, found in values.items()},
        "median": {split: float(np.median(found)) if len(found) else None for split, found in values.items()},
    }


def _edges(values: Numbers, *, whole: bool, highest: float | None) -> Numbers:
    if not len(values):
        return np.array([0.0, 1.0])
    largest = float(values.max()) if highest is None else highest
    usual = largest if highest is not None else min(largest, _TAIL * float(np.percentile(values, 99)))
    if whole:
        step = max(1, round((usual + 1) / _BINS))
        edges = np.arange(0.5, usual + step + 0.5, step)
    else:
        edges = np.linspace(0.0, usual or 1.0, _BINS + 1)
    edges[-1] = max(edges[-1], largest)
    return edges


def _vocabulary(words: Mapping[str, Sequence[Sequence[str]]]) -> dict[str, Any]:
    counts = {split: Counter(word for each in several for word in each) for split, several in words.items()}
    total: Counter[str] = Counter()
    for count in counts.values():
        total.update(count)
    top = sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))[:_TOP]
    return {
        "size": len(total),
        "top": [list(pair) for pair in top],
        "unseen": {split: len(counts[split].keys() - counts["train"].keys()) for split in ("val", "test")},
    }
