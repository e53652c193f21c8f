"""Which training samples keep their labels: a share of each class, the same one for every method."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError

SHARES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Shares that studies of few labels report."""


class Labelled(Protocol):
    """What has to be known of a sample."""

    @property
    def sample_id(self) -> str:
        """Its stable id."""
        ...

    @property
    def label(self) -> int:
        """Its class."""
        ...


def labelled_share(samples: Sequence[Labelled], *, share: float, seed: int = 0) -> NDArray[np.bool_]:
    """This will tell of each sample whether it keeps its label, (N,), in the order of the samples.

    Of every class of n samples share * n are chosen, rounded, one at the least; of share 0 none. They are those whose
    sha256 of (seed, sample id) is smallest: neither the order of the samples, nor other samples, nor the method
    matter but for how many there are, and a smaller share is part of every larger one. Raises DataError for a share
    that is none.
    """
    if not 0 <= share <= 1:
        raise DataError(f"share: given {share}, accepted is a number from 0 to 1.")
    by_class: dict[int, list[tuple[bytes, int]]] = defaultdict(list)
    for place, sample in enumerate(samples):
        by_class[sample.label].append((_rank(sample.sample_id, seed), place))
    kept_N = np.zeros(len(samples), np.bool_)
    for ranked in by_class.values():
        kept_N[[place for _, place in sorted(ranked)[: _count(share, len(ranked))]]] = True
    return kept_N


def _count(share: float, samples: int) -> int:
    """How many of so many samples; grows with the share, so that shares are nested."""
    return max(1, math.floor(share * samples + 0.5)) if share else 0


def _rank(sample_id: str, seed: int) -> bytes:
    return hashlib.sha256(f"labels/{seed}/{sample_id}".encode()).digest()
