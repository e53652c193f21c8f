"""Which moments of a clip are seen: one in each of its equal parts (TSN, Wang et al. 2016, arXiv 1608.00859).

Shape suffixes: B clips, S segments.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.tasks.classification.draws import Hashes, Whole, uniform

Kept = NDArray[np.bool_]


def middles(lengths_B: Whole, segments: int) -> Whole:
    """This will give the middle moment of every segment, (B, S); segments of a clip shorter than that share some."""
    first_BS, last_BS = _bounds(lengths_B, segments)
    return (first_BS + last_BS) // 2


def drawn_moments(lengths_B: Whole, segments: int, *, keys_B: Hashes, view: int) -> Whole:
    """This will draw a moment of every segment, (B, S), by key and view alone."""
    first_BS, last_BS = _bounds(lengths_B, segments)
    draws_BS = np.stack([uniform(keys_B, view, f"moment {s}") for s in range(segments)], axis=1)
    return first_BS + (draws_BS * (last_BS - first_BS + 1)).astype(np.int64)


def _bounds(lengths_B: Whole, segments: int) -> tuple[Whole, Whole]:
    """The first and the last moment of every segment; each has at least one."""
    place_S = np.arange(segments)
    first_BS = place_S * lengths_B[:, None] // segments
    after_BS = (place_S + 1) * lengths_B[:, None] // segments
    return first_BS, np.maximum(after_BS - 1, first_BS)
