"""Who could learn most from whom: the pairs among several models, ranked before any training.

Shape suffixes: N samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from mtkd_engine.comparing.complement import Complement, Known, Sources, attainable, complements, mean_gain

MOST_PAIRS = 50


@dataclass(frozen=True)
class Third:
    """The model that adds most to a pair: by how much whoever is best of three is better than the better of two.

    That is what each of the pair could gain besides.
    """

    name: str
    adds: float


@dataclass(frozen=True)
class Pair:
    """Two models by name, what they know between them, and the third that would add most, where there is one."""

    first: str
    second: str
    complement: Complement
    third: Third | None

    def as_dict(self) -> dict[str, Any]:
        """This will give it as JSON."""
        third = None if self.third is None else asdict(self.third)
        return {"first": self.first, "second": self.second, **self.complement.as_dict(), "third": third}


def ranked(
    models: Mapping[str, Known],
    sources_N: Sources,
    *,
    of: str | None = None,
    most: int = MOST_PAIRS,
    seed: int = 0,
) -> list[Pair]:
    """This will rank pairs by the mean of what both could gain at most (`Complement.gain`), the largest first.

    `of` asks for the pairs of one model, which then stands first in each. No more than `most` are given; only of these
    are intervals made. All models were asked the same samples, in the same order. Equals stand by name.
    """
    pairs = [(of, name) for name in models if name != of] if of is not None else list(combinations(models, 2))
    gains = {pair: mean_gain([models[name] for name in pair]) for pair in pairs}
    chosen = sorted(pairs, key=lambda pair: (-gains[pair], pair))[:most]
    judged = complements([(models[one], models[other]) for one, other in chosen], sources_N, seed=seed)
    return [
        Pair(one, other, found, _third(models, one, other))
        for (one, other), found in zip(chosen, judged, strict=True)
    ]


def _third(models: Mapping[str, Known], one: str, other: str) -> Third | None:
    pair = [models[one], models[other]]
    together = float(attainable(pair).mean())
    adds = {
        name: float(attainable([*pair, known]).mean()) - together
        for name, known in models.items()
        if name not in (one, other)
    }
    if not adds:
        return None
    best = min(adds, key=lambda name: (-adds[name], name))
    return Third(best, adds[best])
