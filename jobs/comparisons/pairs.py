"""Two sides on the same samples: the mean difference of their stored tables and how sure it is.

Shape suffixes: S seeds, N samples.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.queries.groups import Stored
from jobs.storage.blobs import StorageError
from jobs.storage.qualities import Qualities, qualities
from mtkd_engine.comparing import Sums, intervals, summed

_MOST_KEPT = 4096
_log = logging.getLogger(__name__)

Pairs = tuple[tuple[Stored, Stored], ...]
"""For each seed of both sides: the table of the one and that of the other."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One side minus the other over the seeds and samples that both have, with its 95 % interval."""

    mean: float
    low: float
    high: float
    seeds: int
    samples: int

    @property
    def is_decided(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True)
class Found:
    """A comparison, None where there is none; `is_open` says that it is still to be made."""

    compared: Compared | None
    is_open: bool = False


class _Kept:
    """Comparisons by what they are of: their tables never change."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[Pairs, str], Compared | None] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, key: tuple[Pairs, str]) -> Found | None:
        with self._lock:
            if key not in self._found:
                return None
            self._found.move_to_end(key)
            return Found(self._found[key])

    def keep(self, key: tuple[Pairs, str], compared: Compared | None) -> None:
        with self._lock:
            self._found[key] = compared
            while len(self._found) > _MOST_KEPT:
                self._found.popitem(last=False)


_kept = _Kept()


def differences(asked: Sequence[Pairs], *, metric: str, until: float) -> list[Found]:
    """This will compare several pairs of sides at a metric that every sample has; of no pairs, nothing comes.

    Once the monotonic clock is at `until` no more tables are read: what is then missing is open, and is found when
    it is asked for the next time.
    """
    found: dict[int, Found] = {}
    read: dict[int, tuple[Sums, int]] = {}
    for place, pairs in enumerate(asked):
        known = _kept.known((pairs, metric)) if pairs else Found(None)
        if known is not None:
            found[place] = known
        elif time.monotonic() >= until:
            found[place] = Found(None, is_open=True)
        else:
            try:
                sums = _sums(pairs, metric)
            except StorageError as error:
                _log.warning("A comparison is left out: %s", error)
                found[place] = Found(None)  # the storage may be back the next time
                continue
            if sums is None:
                _kept.keep((pairs, metric), None)
                found[place] = Found(None)
            else:
                read[place] = sums
    found |= _judged(asked, read, metric)
    return [found[place] for place in range(len(asked))]


def _judged(asked: Sequence[Pairs], read: dict[int, tuple[Sums, int]], metric: str) -> dict[int, Found]:
    found = {}
    judged = intervals([sums for sums, _ in read.values()])
    for (place, (_, samples)), one in zip(read.items(), judged, strict=True):
        compared = Compared(
            mean=one.mean, low=one.low, high=one.high, seeds=len(asked[place]), samples=samples
        )
        _kept.keep((asked[place], metric), compared)
        found[place] = Found(compared)
    return found


def _sums(pairs: Pairs, metric: str) -> tuple[Sums, int] | None:
    """What the comparison needs, and the number of samples; None where both have no sample in common."""
    sides = [(_read(mine), _read(other)) for mine, other in pairs]
    ids_N: NDArray[np.uint64] = functools.reduce(_common, [side.ids_N for pair in sides for side in pair])
    if not len(ids_N):
        return None
    own_SN, other_SN = (np.stack([_scores(pair[side], ids_N, metric) for pair in sides]) for side in (0, 1))
    first = sides[0][0]
    sources_N = first.sources_N[np.searchsorted(first.ids_N, ids_N)]
    return summed(own_SN, other_SN, sources_N), len(ids_N)


def _common(one_N: NDArray[np.uint64], other_N: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Tables of the same test split are the rule."""
    if np.array_equal(one_N, other_N):
        return one_N
    common: NDArray[np.uint64] = np.intersect1d(one_N, other_N)
    return common


def _read(stored: Stored) -> Qualities:
    return qualities(stored.sha256, stored.size)


def _scores(side: Qualities, ids_N: NDArray[np.uint64], metric: str) -> NDArray[np.float64]:
    values_N = side.values_N if ids_N is side.ids_N else side.values_N[np.searchsorted(side.ids_N, ids_N)]
    threshold = metric.partition("@")[2]
    return (values_N >= float(threshold)).astype(np.float64) if threshold else values_N
