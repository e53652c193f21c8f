"""Is one better than the other? Paired bootstrap over sources and seeds; numpy only.

Shape suffixes: S seeds, N samples, C sources (clusters), R bootstrap draws, P comparisons made at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
DRAWS = 2000
_BLOCK = 2**20

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Own minus other: the mean over samples and seeds, and its 95 % interval. Units are those of what was given."""

    mean: float
    low: float
    high: float

    @property
    def is_decided(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True)
class Sums:
    """What a comparison needs of its samples: by source the sum of differences of each seed, and how many there are.

    `mean`, `lowest` and `highest` are of all differences.
    """

    sums_SC: Numbers
    counts_C: Numbers
    mean: float
    lowest: float
    highest: float


def paired(
    own_SN: ArrayLike,
    other_SN: ArrayLike,
    sources_N: Sequence[object] | NDArray[np.generic],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Difference:
    """This will compare two sides on the same samples: the mean of own - other with a 95 % percentile interval.

    Both sides are (S, N), row s of the one paired with row s of the other; (N,) is one seed, and a side with one
    seed is held against every seed of the other. `sources_N` names each sample's source, as texts or whole
    numbers. Each draw takes whole sources and, independently of them, seeds, with replacement (Owen 2007, "The
    pigeonhole bootstrap"), and averages over the samples taken, so a source counts by its samples. Departure: of n
    sources or seeds n - 1 are drawn, not n (Rao and Wu 1988), for else three seeds would look a third more alike
    than they are. One seed is not resampled: the interval then speaks of this seed. One source says nothing of
    others: its interval spans the samples' differences and 0. The same arguments give the same numbers.

    Raises ValueError with a sentence for shapes that do not fit, no samples, values that are not finite, no draws.
    """
    return intervals([summed(own_SN, other_SN, sources_N)], draws=draws, seed=seed)[0]


def summed(own_SN: ArrayLike, other_SN: ArrayLike, sources_N: Sequence[object] | NDArray[np.generic]) -> Sums:
    """This will take from two sides what `intervals` needs; arguments and refusals are those of `paired`."""
    differences_SN = _differences(own_SN, other_SN)
    sums_SC, counts_C = _per_source(differences_SN, sources_N)
    return Sums(
        sums_SC,
        counts_C,
        mean=float(differences_SN.mean()),
        lowest=float(differences_SN.min()),
        highest=float(differences_SN.max()),
    )


def intervals(compared: Sequence[Sums], *, draws: int = DRAWS, seed: int = 0) -> list[Difference]:
    """This will judge comparisons as `paired` does; those of as many seeds and sources share their draws.

    So a hundred cost little more than one. Raises ValueError for no draws.
    """
    if draws < 1:
        raise ValueError(f"draws: given {draws}, accepted is 1 or more.")
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, one in enumerate(compared):
        alike[one.sums_SC.shape[0], one.sums_SC.shape[1]].append(place)
    found: dict[int, Difference] = {}
    for (_, sources), places in alike.items():
        chosen = [compared[place] for place in places]
        judged = _of_one_source(chosen) if sources == 1 else _judged(chosen, draws=draws, seed=seed)
        found |= zip(places, judged, strict=True)
    return [found[place] for place in range(len(compared))]


def _of_one_source(compared: Sequence[Sums]) -> list[Difference]:
    return [Difference(one.mean, min(one.lowest, 0.0), max(one.highest, 0.0)) for one in compared]


def _judged(compared: Sequence[Sums], *, draws: int, seed: int) -> list[Difference]:
    random = np.random.default_rng(seed)
    means_RP = np.concatenate(list(_resampled(compared, draws=draws, random=random)))
    lows_P, highs_P = np.quantile(means_RP, [(1.0 - LEVEL) / 2, (1.0 + LEVEL) / 2], axis=0)
    return [
        Difference(one.mean, float(low), float(high))
        for one, low, high in zip(compared, lows_P, highs_P, strict=True)
    ]


def _differences(own_SN: ArrayLike, other_SN: ArrayLike) -> Numbers:
    own, other = (np.atleast_2d(np.asarray(side, np.float64)) for side in (own_SN, other_SN))
    fits = own.ndim == other.ndim == 2 and own.shape[1] == other.shape[1] > 0
    if not fits or (len(own) != len(other) and 1 not in (len(own), len(other))):
        raise ValueError(
            f"own_SN and other_SN: given shapes {own.shape} and {other.shape}, accepted are the same samples, one or "
            "more, and the same number of seeds or one."
        )
    differences: Numbers = own - other
    if not differences.size or not np.isfinite(differences).all():
        raise ValueError(
            "own_SN and other_SN: given values that are not finite or no seed, accepted are numbers."
        )
    return differences


def _per_source(
    differences_SN: Numbers, sources_N: Sequence[object] | NDArray[np.generic]
) -> tuple[Numbers, Numbers]:
    """All that a draw needs of a source: the sum of its differences for each seed, and how many samples it has."""
    names_N = np.asarray(sources_N)
    if names_N.shape != differences_SN.shape[1:]:
        raise ValueError(
            f"sources_N: given {names_N.shape} for {differences_SN.shape[1]} samples, accepted is one for each."
        )
    _, source_N = np.unique(names_N, return_inverse=True)
    counts_C = np.bincount(source_N).astype(np.float64)
    sums_SC = np.stack([np.bincount(source_N, weights=row_N) for row_N in differences_SN]).astype(np.float64)
    return sums_SC, counts_C


def _resampled(compared: Sequence[Sums], *, draws: int, random: np.random.Generator) -> Iterator[Numbers]:
    """The mean differences of each draw, (R, P), in blocks that fit in the cache of a processor."""
    seeds, sources = compared[0].sums_SC.shape
    both_CX = np.concatenate([np.concatenate([one.sums_SC, one.counts_C[None]]) for one in compared]).T
    block = max(1, _BLOCK // sources)
    for first in range(0, draws, block):
        rows = min(block, draws - first)
        taken_RS = _times_taken(rows, seeds, random)
        drawn_RX = _times_taken(rows, sources, random) @ both_CX
        drawn_RP1 = drawn_RX.reshape(rows, len(compared), seeds + 1)
        sums_RP = (drawn_RP1[:, :, :seeds] * taken_RS[:, None]).sum(2)
        yield sums_RP / (drawn_RP1[:, :, seeds] * taken_RS.sum(1)[:, None])


def _times_taken(rows: int, of: int, random: np.random.Generator) -> Numbers:
    """How often each of `of` was taken, (rows, of), in `of` - 1 draws with replacement; one is always taken."""
    taken = random.integers(of, size=(rows, max(of - 1, 1)))
    flat = (taken + of * np.arange(rows)[:, None]).ravel()
    return np.bincount(flat, minlength=rows * of).reshape(rows, of).astype(np.float64)
