"""Runs of points to bytes and back; the layout is that of `MetricChunk.data`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

_STEPS, _VALUES, _TIMES, _SEQS = np.dtype("<i4"), np.dtype("<f8"), np.dtype("<u4"), np.dtype("<i4")


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
    return Run(
        seqs=np.concatenate([run.seqs for run in runs]),
        steps=np.concatenate([run.steps for run in runs]),
        values=np.concatenate([run.values for run in runs]),
        times_ms=np.concatenate([run.times_ms for run in runs]),
    )


def pack(run: Run) -> bytes:
    """This will write a run that is not empty as bytes, 20 for each point."""
    parts = (
        (run.steps - run.steps.min()).astype(_STEPS),
        run.values.astype(_VALUES),
        np.clip(run.times_ms, 0, 2**32 - 1).astype(_TIMES),
        (run.seqs - run.seqs[0]).astype(_SEQS),
    )
    return b"".join(part.tobytes() for part in parts)


def unpack(data: bytes | memoryview, *, points: int, step_first: int, seq_first: int) -> Run:
    """This will read back what `pack` wrote, given the columns that stand beside it."""
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
