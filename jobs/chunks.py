"""Runs of points to bytes and back; the layouts are those of `MetricChunk.data`.

Layout 1: int32 steps minus `step_first`, float64 values, uint32 milliseconds, int32 seqs minus `seq_first`.
Layout 2: the columns steps, times and seqs, then float64 values. A column is one byte and the first number as
int64; the byte is 0 where all numbers lie equally far apart (then that distance follows as int64), else the
bytes of each difference that follows. Everything is little-endian.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

LAYOUT = 2
_STEPS, _VALUES, _TIMES, _SEQS = np.dtype("<i4"), np.dtype("<f8"), np.dtype("<u4"), np.dtype("<i4")
_NUMBER = np.dtype("<i8")
_DIFFERENCES = tuple(np.dtype(kind) for kind in ("<i1", "<i2", "<i4", "<i8"))


@dataclass(frozen=True)
class Run:
    """Points of one metric of one attempt, in the order of the journal; times in ms since it started."""

    seqs: NDArray[np.int64]
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    times_ms: NDArray[np.int64]

    @classmethod
    def of(cls, points: list[tuple[int, int, float, int]]) -> Self:
        """This will make a run of (seq, step, value, time) points."""
        seqs, steps, values, times = zip(*points, strict=True) if points else ((), (), (), ())
        return cls(
            seqs=np.asarray(seqs, np.int64),
            steps=np.asarray(steps, np.int64),
            values=np.asarray(values, np.float64),
            times_ms=np.asarray(times, np.int64),
        )

    def __len__(self) -> int:
        return len(self.seqs)

    def __getitem__(self, chosen: slice | NDArray[np.bool_] | NDArray[np.intp]) -> Run:
        return Run(self.seqs[chosen], self.steps[chosen], self.values[chosen], self.times_ms[chosen])

    def extremes(self) -> tuple[float, float]:
        """This will give the lowest and highest finite value, or NaN twice when there is none."""
        finite = self.values[np.isfinite(self.values)]
        return (float(finite.min()), float(finite.max())) if len(finite) else (float("nan"), float("nan"))


def join(runs: list[Run]) -> Run:
    """This will put runs one after the other."""
    if not runs:
        return Run.of([])
    if len(runs) == 1:
        return runs[0]
    return Run(
        seqs=np.concatenate([run.seqs for run in runs]),
        steps=np.concatenate([run.steps for run in runs]),
        values=np.concatenate([run.values for run in runs]),
        times_ms=np.concatenate([run.times_ms for run in runs]),
    )


def pack(run: Run) -> bytes:
    """This will write a run that is not empty in the newest layout."""
    columns = (run.steps, run.times_ms, run.seqs)
    return b"".join((*map(_pack_column, columns), run.values.astype(_VALUES, copy=False).tobytes()))


def unpack(data: bytes | memoryview, *, layout: int, points: int, step_first: int, seq_first: int) -> Run:
    """This will read back a run, given the columns of the row that stand beside its bytes."""
    if layout == 1:
        return _unpack_first_layout(data, points=points, step_first=step_first, seq_first=seq_first)
    assert layout == LAYOUT, f"chunks of layout {layout} are of a later version"
    steps, at = _unpack_column(data, points, 0)
    times, at = _unpack_column(data, points, at)
    seqs, at = _unpack_column(data, points, at)
    return Run(seqs, steps, np.frombuffer(data, _VALUES, points, at), times)


def _pack_column(numbers: NDArray[np.int64]) -> bytes:
    first = numbers[:1].astype(_NUMBER).tobytes()
    apart = np.diff(numbers)
    if not len(apart):
        return b"\0" + first
    low, high = int(apart.min()), int(apart.max())
    if low == high:
        return b"\0" + first + apart[:1].astype(_NUMBER).tobytes()
    kind = next(kind for kind in _DIFFERENCES if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
    return bytes([kind.itemsize]) + first + apart.astype(kind).tobytes()


def _unpack_column(data: bytes | memoryview, points: int, at: int) -> tuple[NDArray[np.int64], int]:
    size = data[at]
    first = int.from_bytes(data[at + 1 : at + 9], "little", signed=True)
    at += 9
    if points == 1:
        return np.array([first], np.int64), at
    if size == 0:
        apart = int.from_bytes(data[at : at + 8], "little", signed=True)
        return first + apart * np.arange(points, dtype=np.int64), at + 8
    numbers = np.empty(points, np.int64)
    numbers[0] = first
    numbers[1:] = np.frombuffer(data, f"<i{size}", points - 1, at)
    return np.cumsum(numbers, out=numbers), at + size * (points - 1)


def _unpack_first_layout(data: bytes | memoryview, *, points: int, step_first: int, seq_first: int) -> Run:
    arrays: list[NDArray[np.int64] | NDArray[np.float64]] = []
    at = 0
    for kind in (_STEPS, _VALUES, _TIMES, _SEQS):
        read = np.frombuffer(data, kind, points, at)
        at += points * kind.itemsize
        arrays.append(read.astype(np.float64) if kind is _VALUES else read.astype(np.int64))
    steps, values, times, seqs = arrays
    return Run(
        seqs=(seqs + seq_first).astype(np.int64),
        steps=(steps + step_first).astype(np.int64),
        values=values.astype(np.float64),
        times_ms=times.astype(np.int64),
    )
