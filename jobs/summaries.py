"""What a chart needs of a run without reading its points: `MetricChunk.summary`.

A summary is a record of the whole run, then one of each 64 points: the first, lowest, highest and last point, and
the first of each kind of value that is not finite. No spike, NaN or infinity hides in a record.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.chunks import Run

BLOCK = 64
RECORD = np.dtype(
    [
        ("values", "<f8", 4),  # first, lowest, highest, last; NaN twice in the middle where none is finite
        ("steps", "<u4", 4),
        ("times", "<i8", 4),
        ("odd_steps", "<u4", 3),  # of the first NaN, infinity and minus infinity
        ("odd_times", "<i8", 3),
        ("odd", "u1"),  # which of them there are: 1, 2, 4
    ]
)
_ODD = (np.nan, np.inf, -np.inf)


@dataclass(frozen=True)
class Candidates:
    """The points that records name, in the order of the run within each record: `record` says of which one."""

    record: NDArray[np.intp]
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    times_ms: NDArray[np.int64]


def summarise(run: Run) -> bytes:
    """This will write the summary of a run that is not empty."""
    return records_of(run, size=len(run)).tobytes() + records_of(run).tobytes()


def records_of(run: Run, *, size: int = BLOCK) -> NDArray[np.void]:
    """This will make one record of each `size` points."""
    blocks = -(-len(run) // size)
    rows = np.arange(blocks)
    first = rows * size
    last = np.minimum(first + size, len(run)) - 1
    padded = np.full(blocks * size, np.nan)
    padded[: len(run)] = run.values
    values = padded.reshape(blocks, size)
    finite = np.isfinite(values)
    low = first + np.where(finite, values, np.inf).argmin(axis=1)
    high = first + np.where(finite, values, -np.inf).argmax(axis=1)
    chosen = np.stack((first, low, high, last), axis=1)
    records = np.zeros(blocks, RECORD)
    records["values"], records["steps"] = run.values[chosen], run.steps[chosen]
    records["times"] = run.times_ms[chosen]
    records["values"][~finite.any(axis=1), 1:3] = np.nan
    if len(run) != np.count_nonzero(finite):
        _note_odd(records, run, first, last, values)
    return records


def candidates(records: NDArray[np.void]) -> Candidates:
    """This will list the points that records name."""
    count = len(records)
    values = np.empty((count, 7))
    values[:, (0, 1, 2, 6)] = records["values"]
    values[:, 3:6] = _ODD
    there = np.ones((count, 7), bool)
    there[:, 1:3] = np.isfinite(values[:, 1:3])
    there[:, 3:6] = (records["odd"][:, None] & np.array([1, 2, 4], np.uint8)) > 0
    steps = np.empty((count, 7), np.int64)
    times = np.empty((count, 7), np.int64)
    for into, four, three in ((steps, "steps", "odd_steps"), (times, "times", "odd_times")):
        into[:, (0, 1, 2, 6)] = records[four]
        into[:, 3:6] = records[three]
    record = np.repeat(np.arange(count), 7).reshape(count, 7)
    return Candidates(record[there], steps[there], values[there], times[there])


def _note_odd(
    records: NDArray[np.void],
    run: Run,
    first: NDArray[np.intp],
    last: NDArray[np.intp],
    values: NDArray[np.float64],
) -> None:
    inside = np.arange(values.shape[1]) <= (last - first)[:, None]  # the padding is no NaN of the run
    for index, is_odd in enumerate((np.isnan(values), np.isposinf(values), np.isneginf(values))):
        found = is_odd & inside
        rows = np.flatnonzero(found.any(axis=1))
        at = first[rows] + found[rows].argmax(axis=1)
        records["odd_steps"][rows, index] = run.steps[at]
        records["odd_times"][rows, index] = run.times_ms[at]
        records["odd"][rows] |= 1 << index
