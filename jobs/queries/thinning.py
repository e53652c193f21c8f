"""Fewer points for a chart, without losing a spike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def thin(steps: NDArray[np.int64], values: NDArray[np.float64], *, buckets: int) -> NDArray[np.intp]:
    """This will choose points (indices, rising) that draw like all of them.

    Of each of `buckets` equal ranges of steps: the first, the last, the lowest and the highest point, and
    the first NaN, infinity and minus infinity. `steps` must not fall.
    """
    span = int(steps[-1] - steps[0]) + 1
    bucket = (steps - steps[0]) * buckets // span
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    ends = np.append(starts[1:], len(steps)) - 1
    chosen = [starts, ends]
    finite = np.flatnonzero(np.isfinite(values))
    if len(finite):
        order = finite[np.lexsort((values[finite], bucket[finite]))]  # by bucket, then by value
        edges = np.flatnonzero(np.diff(bucket[order], prepend=-1))
        chosen += [order[edges], order[np.append(edges[1:], len(order)) - 1]]
    for kind in (np.isnan, np.isposinf, np.isneginf):
        odd = np.flatnonzero(kind(values))
        if len(odd):
            chosen.append(odd[np.flatnonzero(np.diff(bucket[odd], prepend=-1))])
    return np.unique(np.concatenate(chosen))
