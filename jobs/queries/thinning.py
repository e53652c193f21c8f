"""Fewer points for a chart, without losing a spike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def buckets_of(places: NDArray[np.int64], *, buckets: int) -> NDArray[np.int64]:
    """This will give the number of the bucket, of equal ranges, that each place lies in; rising.

    A place that lies before an earlier one counts as being there.
    """
    rising: NDArray[np.int64] = np.maximum.accumulate(places)
    span = int(rising[-1] - rising[0]) + 1
    found: NDArray[np.int64] = (rising - rising[0]) * buckets // span
    return found


def choose(bucket: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.intp]:
    """This will choose points (indices, rising) that draw like all of them.

    Of each bucket: the first, the last, the lowest and the highest point, and the first NaN, infinity and
    minus infinity. `bucket` must not fall.
    """
    changes = bucket[1:] != bucket[:-1]
    starts = np.concatenate(([0], np.flatnonzero(changes) + 1))
    lengths = np.diff(np.append(starts, len(bucket)))
    kept = np.zeros(len(bucket), bool)
    kept[starts] = kept[starts + lengths - 1] = True
    finite = np.isfinite(values)
    whole = bool(finite.all())
    for lowest, nothing in ((np.minimum, np.inf), (np.maximum, -np.inf)):
        known = values if whole else np.where(finite, values, nothing)
        is_extreme = known == np.repeat(lowest.reduceat(known, starts), lengths)
        kept[_firsts(bucket, is_extreme if whole else is_extreme & finite)] = True
    if not whole:
        for is_odd in (np.isnan, np.isposinf, np.isneginf):
            kept[_firsts(bucket, is_odd(values))] = True
    return np.flatnonzero(kept)


def thin(places: NDArray[np.int64], values: NDArray[np.float64], *, buckets: int) -> NDArray[np.intp]:
    """This will choose points (indices, rising) of each of `buckets` equal ranges of places, as `choose` does."""
    return choose(buckets_of(places, buckets=buckets), values)


def _firsts(bucket: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The first of those chosen in each bucket."""
    found = np.flatnonzero(chosen)
    if not len(found):
        return found
    of = bucket[found]
    return found[np.concatenate(([True], of[1:] != of[:-1]))]
