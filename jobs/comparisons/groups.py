"""What the jobs of a group say together: mean and spread of each cell, and how it differs from the reference."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jobs.comparisons.pairs import Compared, Found, Pairs, differences
from jobs.models import Group
from jobs.queries.groups import Member, members_of
from mtkd_engine.spec import cell_texts
from mtkd_engine.spec.in_turn import CellText
from mtkd_engine.spec.measures import HEADLINES, is_by_sample, measures_of

REFERENCE = ""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A metric over the seeds of a cell; `sd` is that of a sample, None for a single seed."""

    n: int
    mean: float
    low: float
    high: float
    sd: float | None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A cell: its jobs by seed; `spread` and `difference` as far as they have ended well.

    `is_comparing` says that a difference could be computed and was not yet.
    """

    cell: str
    text: CellText
    members: tuple[Member, ...]
    spread: Spread | None
    difference: Compared | None
    is_comparing: bool = False

    @property
    def is_reference(self) -> bool:
        """Whether the others are held against this one."""
        return self.cell == REFERENCE


@dataclass(frozen=True, kw_only=True)
class GroupTable:
    """A group at one metric; `metrics` lists those to choose from."""

    metric: str
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def members(self) -> list[Member]:
        """All jobs."""
        return [member for row in self.rows for member in row.members]

    @property
    def is_settled(self) -> bool:
        """Whether nothing in the table will change by itself."""
        return all(member.is_final for member in self.members) and not any(r.is_comparing for r in self.rows)


def group_table(group: Group, *, metric: str | None = None, seconds: float = math.inf) -> GroupTable:
    """This will put the table of a group together at one of its final metrics, the one that decides in its task
    unless another is asked for.

    No comparison is begun once `seconds` have gone: what is then missing is there the next time.
    """
    until = time.monotonic() + seconds
    members = members_of(group)
    metrics = _in_order({name for member in members for name in member.metrics})
    chosen = (
        metric if metric in metrics else next(iter(metrics), metric or measures_of(group.document).headline)
    )
    texts = cell_texts(group.document)
    cells = dict.fromkeys([REFERENCE, *texts, *(member.cell for member in members)])
    own = {cell: sorted((m for m in members if m.cell == cell), key=lambda m: m.seed) for cell in cells}
    found = _differences(own, chosen, until, can=is_by_sample(chosen, metrics))
    rows = [
        Row(
            cell=cell,
            text=texts.get(cell) or CellText(cell or "reference", "The reference", f"“{cell}”"),
            members=tuple(own[cell]),
            spread=spread_of([member.metrics[chosen] for member in own[cell] if chosen in member.metrics]),
            difference=found[cell].compared,
            is_comparing=found[cell].is_open,
        )
        for cell in cells
    ]
    return GroupTable(metric=chosen, metrics=tuple(metrics), rows=tuple(rows))


def _differences(
    own: Mapping[str, Sequence[Member]], metric: str, until: float, *, can: bool
) -> dict[str, Found]:
    """Of metrics that `can` be compared sample by sample."""
    pairs = [
        _pairs(members, own[REFERENCE]) if can and cell != REFERENCE else () for cell, members in own.items()
    ]
    return dict(zip(own, differences(pairs, metric=metric, until=until), strict=True))


def _in_order(metrics: Iterable[str]) -> list[str]:
    return sorted(metrics, key=lambda name: (name not in HEADLINES, not name.startswith("r1@"), name))


def spread_of(values: Sequence[float]) -> Spread | None:
    """This will say how values over seeds lie; None for no values."""
    if not values:
        return None
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return Spread(n=len(values), mean=float(np.mean(values)), low=min(values), high=max(values), sd=sd)


def _pairs(own: Iterable[Member], reference: Iterable[Member]) -> Pairs:
    theirs = {member.seed: member.samples for member in reference if member.metrics}
    found = ((member.samples, theirs.get(member.seed)) for member in own if member.metrics)
    return tuple((mine, other) for mine, other in found if mine is not None and other is not None)
