"""Which classes one model of a pair knows better than the other: areas of expertise.

Shape suffixes: N samples, n samples of one class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from mtkd_engine.comparing.complement import Known, Sources
from mtkd_engine.comparing.paired import Difference, intervals, summed


@dataclass(frozen=True, kw_only=True)
class Area:
    """One class: the share of its samples that each model is right about, and the first's minus the second's."""

    name: str
    samples: int
    first: float
    second: float
    lead: Difference

    @property
    def leads(self) -> Literal["first", "second"] | None:
        """Who knows the class better, None where the 95 % interval of the lead does not leave 0 out."""
        if not self.lead.is_decided:
            return None
        return "first" if self.lead.mean > 0 else "second"


def expertise(
    first: Known,
    second: Known,
    labels_N: ArrayLike,
    sources_N: Sources,
    *,
    classes: Sequence[str],
    seed: int = 0,
) -> list[Area]:
    """This will hold two classifiers against each other class by class, in the order of `classes`.

    `labels_N` are names of true classes; classes without a sample are left out. The intervals are those of each class
    by itself: of a hundred classes that both know alike about five look decided.
    """
    names_N, all_N = np.asarray(labels_N), np.asarray(sources_N)
    a_N, b_N = first.quality_N, second.quality_N
    rows = [(name, np.flatnonzero(names_N == name)) for name in classes]
    rows = [(name, rows_n) for name, rows_n in rows if len(rows_n)]
    judged = intervals([summed(a_N[rows_n], b_N[rows_n], all_N[rows_n]) for _, rows_n in rows], seed=seed)
    return [
        Area(
            name=name,
            samples=len(rows_n),
            first=float(a_N[rows_n].mean()),
            second=float(b_N[rows_n].mean()),
            lead=lead,
        )
        for (name, rows_n), lead in zip(rows, judged, strict=True)
    ]
