"""What two models know between them that neither knows alone, from their answers to the same samples.

Known before any training: the share of samples that a teacher is right about and a student wrong, the positive flips
rho_pos of Roth et al. 2024 (arXiv 2310.17653), is what the one could learn from the other.

Shape suffixes: N samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mtkd_engine.comparing.paired import DRAWS, Difference, Sums, intervals, summed

Numbers = NDArray[np.float64]
Sources = Sequence[object] | NDArray[np.generic]
_MOST_DRAWN, _LEAST_DRAWS = 20_000_000, 500
_EVEN = 1e-6
"""Qualities of maps and masks that differ by less are as good as each other."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What one model knows of N samples.

    `quality_N` is what is averaged: 1 where the class it says is the true one, else 0; of masks and maps how good they
    are, 0..1. `surety_N` is the criterion by which it knows best: the probability it gives the true class; of masks and
    maps the quality itself, or minus the loss. `said_N` is the class it says, by number or by name; None for masks
    and maps.
    """

    quality_N: Numbers
    surety_N: Numbers
    said_N: NDArray[np.generic] | None = None

    @classmethod
    def of_classes(cls, said_N: ArrayLike, labels_N: ArrayLike, surety_N: ArrayLike) -> Known:
        """This will say what a classifier knows: the classes it says, the true ones, and what it gives these."""
        said = np.asarray(said_N)
        right_N = (said == np.asarray(labels_N)).astype(np.float64)
        return cls(quality_N=right_N, surety_N=np.asarray(surety_N, np.float64), said_N=said)

    @classmethod
    def of_qualities(cls, quality_N: ArrayLike) -> Known:
        """This will say what a model of masks or maps knows, from how good each of them is."""
        values_N = np.asarray(quality_N, np.float64)
        return cls(quality_N=values_N, surety_N=values_N)


@dataclass(frozen=True, kw_only=True)
class Complement:
    """What a pair knows. All are means over samples, 0..1, with their 95 % interval.

    Of classifiers: `first_only` is the share that only the first is right about, `second_only` that of the second,
    `both` and `neither` the rest; `agreement` is the share of which both say the same class. Of masks and maps:
    `first_only` is the share that the first is better at, `second_only` the second, `both` the share of which they are
    as good as each other; `neither` and `agreement` are None.

    `together` is the mean quality of whoever is better at each sample, the most that both can know between them;
    `oracle` that of whoever knows best by the criterion of the methods, who may be wrong where the other is right.
    `first_gain` and `second_gain` are what each could gain at most, `together` minus its own quality: of classifiers
    `first_gain` is `second_only`, the positive flips rho_pos when the second teaches the first. `beyond` is what both
    know more than the better of them alone, and `gain`, by which pairs are ranked, the mean of both gains.
    """

    samples: int
    first_quality: Difference
    second_quality: Difference
    first_only: Difference
    second_only: Difference
    both: Difference
    neither: Difference | None
    agreement: Difference | None
    together: Difference
    oracle: Difference
    first_gain: Difference
    second_gain: Difference
    beyond: Difference
    gain: Difference

    def as_dict(self) -> dict[str, Any]:
        """This will give it as JSON: each figure as {"mean", "low", "high"}."""
        return asdict(self)


def complement(first: Known, second: Known, sources_N: Sources, *, seed: int = 0) -> Complement:
    """This will say what two models know between them; intervals are of a paired bootstrap over sources (`paired`).

    Raises ValueError for no samples and for models that were not asked the same ones.
    """
    return complements([(first, second)], sources_N, seed=seed)[0]


def complements(
    pairs: Sequence[tuple[Known, Known]], sources_N: Sources, *, seed: int = 0
) -> list[Complement]:
    """This will do so for several pairs on the same samples, which share their draws.

    Of more than 10,000 samples there are fewer draws than usual, 500 at least: somebody waits for the answer.
    """
    samples = max((len(first.quality_N) for first, _ in pairs), default=0)
    draws = min(DRAWS, max(_LEAST_DRAWS, _MOST_DRAWN // max(samples, 1)))
    asked = [_columns(*pair) for pair in pairs]
    _, codes_N = np.unique(
        np.asarray(sources_N), return_inverse=True
    )  # words are dear to sort once for each figure
    sums: list[Sums] = []
    for columns in asked:
        sums += [summed(values_N, np.zeros_like(values_N), codes_N) for values_N in columns.values()]
    judged = iter(intervals(sums, draws=draws, seed=seed))
    return [
        _complement({name: next(judged) for name in columns}, samples=len(pair[0].quality_N))
        for pair, columns in zip(pairs, asked, strict=True)
    ]


def attainable(models: Sequence[Known]) -> Numbers:
    """This will give, of each sample, the quality of whoever is best at it."""
    best_N: Numbers = np.max([model.quality_N for model in models], axis=0)
    return best_N


def mean_gain(models: Sequence[Known]) -> float:
    """This will give what models could gain at most by knowing what any of them knows: the mean over the models."""
    together = float(attainable(models).mean())
    return together - float(np.mean([model.quality_N.mean() for model in models]))


def _columns(first: Known, second: Known) -> dict[str, Numbers]:
    """The values of each sample whose means are wanted."""
    a_N, b_N = first.quality_N, second.quality_N
    if a_N.shape != b_N.shape or not a_N.size:
        raise ValueError(
            f"first and second: given {len(a_N)} and {len(b_N)} samples, accepted are the same ones, one or more."
        )
    together_N = np.maximum(a_N, b_N)
    better_N = a_N if a_N.mean() >= b_N.mean() else b_N
    ahead_N, behind_N = a_N - b_N > _EVEN, b_N - a_N > _EVEN
    columns = {
        "first_quality": a_N,
        "second_quality": b_N,
        "first_only": ahead_N,
        "second_only": behind_N,
        "both": ~ahead_N & ~behind_N,
        "together": together_N,
        "oracle": np.where(second.surety_N > first.surety_N, b_N, a_N),
        "first_gain": together_N - a_N,
        "second_gain": together_N - b_N,
        "beyond": together_N - better_N,
        "gain": together_N - (a_N + b_N) / 2,
    }
    if first.said_N is not None and second.said_N is not None:
        columns["both"] = (a_N > 0) & (b_N > 0)
        columns["neither"] = together_N == 0
        columns["agreement"] = first.said_N == second.said_N
    return {name: np.asarray(values_N, np.float64) for name, values_N in columns.items()}


def _complement(found: Mapping[str, Difference], *, samples: int) -> Complement:
    told = {"neither": None, "agreement": None, **found}
    return Complement(samples=samples, **told)  # type: ignore[arg-type]
