"""Random numbers that are a function of seed, sample, view and purpose: the same anywhere, in any order.

Shape suffixes: N draws.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_CURVE = 4096


def key_of(text: str) -> int:
    """This will give 64 bits of the sha256 of a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def keys_of(sample_ids: Sequence[str], *, seed: int) -> Hashes:
    """This will give the key of each sample under a seed, (N,)."""
    return np.array([key_of(f"{seed}/{sample_id}") for sample_id in sample_ids], np.uint64)


def drawn(keys_N: Hashes, view: int, purpose: str) -> Hashes:
    """This will draw 64 bits for each key: a counter-based hash (the finaliser of SplitMix64, twice)."""
    counter = np.array([view], np.uint64) * _STEP  # arrays wrap around silently, single numbers warn
    return _scrambled(_scrambled(keys_N + counter) ^ np.uint64(key_of(purpose)))


def uniform(keys_N: Hashes, view: int, purpose: str) -> Floats:
    """This will draw numbers of [0, 1), evenly, with 53 bits."""
    return (drawn(keys_N, view, purpose) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def below(limit: int, keys_N: Hashes, view: int, purpose: str) -> Whole:
    """This will draw whole numbers of 0 to limit - 1."""
    return (uniform(keys_N, view, purpose) * limit).astype(np.int64)


def beta(shape: float, keys_N: Hashes, view: int, purpose: str) -> Floats:
    """This will draw from the symmetric Beta distribution with both parameters `shape`, within [0, 1]."""
    uniform_N = uniform(keys_N, view, purpose)
    reached, places = _lower_half(shape)
    lower_N = np.interp(np.minimum(uniform_N, 1.0 - uniform_N), reached, places) ** (1.0 / min(shape, 1.0))
    drawn_N: Floats = np.where(uniform_N < 0.5, lower_N, 1.0 - lower_N)
    return drawn_N


@lru_cache(maxsize=8)
def _lower_half(shape: float) -> tuple[Floats, Floats]:
    """The distribution up to 1/2 in t = x^min(shape, 1), in which its density is bounded: probability, t."""
    power = min(shape, 1.0)
    places = np.linspace(0.0, 0.5**power, _CURVE)
    here = places ** (1.0 / power)
    density = here ** (shape - power) * (1.0 - here) ** (shape - 1.0)
    reached = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2.0)])
    return reached * (0.5 / reached[-1]), places


def _scrambled(bits_N: Hashes) -> Hashes:
    bits_N = (bits_N ^ (bits_N >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits_N = (bits_N ^ (bits_N >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits_N ^ (bits_N >> np.uint64(31))
