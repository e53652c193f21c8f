"""Computing the rows that an entry does not have yet, by whoever comes first; others wait and take over."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.aggregators.classification import softened
from mtkd_engine.cache.rows.forms import to_rows
from mtkd_engine.cache.rows.locks import building
from mtkd_engine.cache.rows.table import Table
from mtkd_engine.events import Entered, Event, Progressed
from mtkd_engine.seeding import derived_seed

PART = "cache"
PAUSE = 0.2
"""Seconds between two looks at what somebody else builds."""
PATIENCE = 300.0
"""Seconds without a new block after which what another holds is built all the same: it may have been frozen."""
EVERY = 1.0
"""Seconds between two events, and between two times that rows are forced to disk."""

Produce = Callable[[int, Sequence[int]], Tensor]
"""(view, samples) -> beliefs log p (B, C) on the samples at these places, at temperature 1."""


def fill(
    table: Table, *, views: Sequence[int], produce: Produce, detail: str
) -> Generator[Event, None, None]:
    """This will compute what is missing of these views and say how far it is about once a second.

    It may be closed, or die, at any moment: what was forced to disk is not computed again. Two who fill the same
    entry at once compute it once, as far as the file system has locks.
    """
    if not table.missing(views):
        return
    yield Entered(part=PART, detail=detail)
    clock = _Clock(table, views=views, detail=detail)
    while table.missing(views):
        with building(table.folder) as is_ours:
            if is_ours or clock.is_stuck(table.missing(views)):
                yield from _compute(table, views=views, produce=produce, clock=clock)
                continue
        yield from clock.tell(table.missing(views))
        time.sleep(PAUSE)
    yield clock.said(table.missing(views))


def _compute(
    table: Table, *, views: Sequence[int], produce: Produce, clock: _Clock
) -> Generator[Event, None, None]:
    written: list[tuple[int, int]] = []
    missing = table.missing(views)
    try:
        for number, (view, block) in enumerate(missing):
            table.write(view, block, block_of(table, view=view, block=block, produce=produce))
            written.append((view, block))
            if clock.is_due():
                table.mark(written)
                written = []
                yield from clock.tell(missing[number + 1 :])
    finally:
        table.mark(written)


def block_of(table: Table, *, view: int, block: int, produce: Produce) -> NDArray[np.generic]:
    """This will compute the rows of one block, always the same."""
    log_probs_BC = produce(view, table.block(block))
    header = table.header
    if header.softened is not None and len(header.sources) == 1:
        log_probs_BC = softened(log_probs_BC, header.softened)
    return to_rows(log_probs_BC, header, seed=derived_seed(header.name, view, block))


class _Clock:
    """Says how far an entry is, about once a second."""

    def __init__(self, table: Table, *, views: Sequence[int], detail: str) -> None:
        self._table, self._detail = table, detail
        self._of = len(views) * table.header.count
        self._next = self._moved_at = time.monotonic()
        self._left = -1

    def is_stuck(self, missing: Sequence[tuple[int, int]]) -> bool:
        """This will tell whether nothing has become less for longer than one has patience."""
        if len(missing) != self._left:
            self._left, self._moved_at = len(missing), time.monotonic()
        return time.monotonic() > self._moved_at + PATIENCE

    def is_due(self) -> bool:
        """This will tell whether a second has passed since the last event."""
        return time.monotonic() >= self._next

    def tell(self, missing: Sequence[tuple[int, int]]) -> Generator[Event, None, None]:
        """This will say how far it is, where it is time."""
        if self.is_due():
            self._next = time.monotonic() + EVERY
            yield self.said(missing)

    def said(self, missing: Sequence[tuple[int, int]]) -> Progressed:
        """This will say how far it is."""
        left = sum(len(self._table.block(block)) for _, block in missing)
        return Progressed(part=PART, detail=self._detail, done=self._of - left, of=self._of)
