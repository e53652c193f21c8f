"""What the jobs of a group say together: mean and spread of each cell, and how it differs from the reference.

Shape suffixes: S seeds, N samples.
"""

from __future__ import annotations

import functools
import logging
import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.models import Group
from jobs.queries.groups import Member, Stored, members_of
from jobs.storage.blobs import StorageError
from jobs.storage.qualities import Qualities, qualities
from mtkd_engine.comparing import paired
from mtkd_engine.spec import cell_texts
from mtkd_engine.spec.switches import CellText

REFERENCE = ""
HEADLINE = "miou"
_BY_SAMPLE = re.compile(r"miou|r1@(\d?\.\d+)")
_KEPT = 4096
_log = logging.getLogger(__name__)

Pairs = tuple[tuple[Stored, Stored], ...]
"""For each seed that both have: the table of the cell and that of the reference."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A metric over the seeds of a cell; `sd` is that of a sample, None for a single seed."""

    n: int
    mean: float
    low: float
    high: float
    sd: float | None


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Cell minus reference over the seeds and samples that both have, with its 95 % interval."""

    mean: float
    low: float
    high: float
    seeds: int
    samples: int

    @property
    def is_decided(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0.0 or self.high < 0.0


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
    """This will put the table of a group together at one of its final metrics, mIoU unless another is there.

    No comparison is begun once `seconds` have gone: what is then missing is there the next time.
    """
    until = time.monotonic() + seconds
    members = members_of(group)
    metrics = _in_order({name for member in members for name in member.metrics})
    chosen = metric if metric in metrics else next(iter(metrics), metric or HEADLINE)
    texts = cell_texts(group.document)
    rows = []
    reference = [member for member in members if member.cell == REFERENCE]
    for cell in dict.fromkeys([REFERENCE, *texts, *(member.cell for member in members)]):
        own = sorted((m for m in members if m.cell == cell), key=lambda m: m.seed)
        pairs = _pairs(own, reference) if cell != REFERENCE and _BY_SAMPLE.fullmatch(chosen) else ()
        difference, is_comparing = _difference(pairs, chosen, until) if pairs else (None, False)
        rows.append(
            Row(
                cell=cell,
                text=texts.get(cell) or CellText(cell or "reference", "The reference", f"“{cell}”"),
                members=tuple(own),
                spread=_spread([member.metrics[chosen] for member in own if chosen in member.metrics]),
                difference=difference,
                is_comparing=is_comparing,
            )
        )
    return GroupTable(metric=chosen, metrics=tuple(metrics), rows=tuple(rows))


def _in_order(metrics: Iterable[str]) -> list[str]:
    return sorted(metrics, key=lambda name: (name != HEADLINE, not name.startswith("r1@"), name))


def _spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return Spread(n=len(values), mean=float(np.mean(values)), low=min(values), high=max(values), sd=sd)


def _pairs(own: Iterable[Member], reference: Iterable[Member]) -> Pairs:
    theirs = {member.seed: member.samples for member in reference if member.metrics}
    found = ((member.samples, theirs.get(member.seed)) for member in own if member.metrics)
    return tuple((mine, other) for mine, other in found if mine is not None and other is not None)


class _Kept:
    """Comparisons by what they are of: their tables never change."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[Pairs, str], Compared | None] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Pairs, str], until: float) -> tuple[Compared | None, bool]:
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key], False
        if time.monotonic() >= until:
            return None, True
        try:
            compared = _compare(*key)
        except StorageError as error:
            _log.warning("A comparison is left out: %s", error)
            return None, False  # the storage may be back the next time
        with self._lock:
            self._found[key] = compared
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
        return compared, False


_kept = _Kept()


def _difference(pairs: Pairs, metric: str, until: float) -> tuple[Compared | None, bool]:
    """The comparison, and whether it is still to be made."""
    return _kept.get((pairs, metric), until)


def _compare(pairs: Pairs, metric: str) -> Compared | None:
    """None where both have no sample in common."""
    sides = [(_read(mine), _read(other)) for mine, other in pairs]
    ids_N: NDArray[np.uint64] = functools.reduce(
        np.intersect1d, [side.ids_N for pair in sides for side in pair]
    )
    if not len(ids_N):
        return None
    own_SN, other_SN = (np.stack([_scores(pair[side], ids_N, metric) for pair in sides]) for side in (0, 1))
    first = sides[0][0]
    sources_N = first.sources_N[np.searchsorted(first.ids_N, ids_N)]
    found = paired(own_SN, other_SN, sources_N)
    return Compared(mean=found.mean, low=found.low, high=found.high, seeds=len(pairs), samples=len(ids_N))


def _read(stored: Stored) -> Qualities:
    return qualities(stored.sha256, stored.size)


def _scores(side: Qualities, ids_N: NDArray[np.uint64], metric: str) -> NDArray[np.float64]:
    iou_N = side.iou_N[np.searchsorted(side.ids_N, ids_N)]
    threshold = metric.partition("@")[2]
    return (iou_N >= float(threshold)).astype(np.float64) if threshold else iou_N
