"""Rows of unequal size whose entries lie one after another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]


def offsets_of(lengths: Whole) -> Whole:
    """This will say where each row's entries begin, and after the last one where all end."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def entries_of(lengths: Whole, rows: Whole) -> Whole:
    """This will give the places of all entries of these rows, row after row."""
    taken, begins = lengths[rows], offsets_of(lengths)[:-1][rows]
    ends = np.cumsum(taken)
    places: Whole = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - (ends - taken), taken)
    return places
