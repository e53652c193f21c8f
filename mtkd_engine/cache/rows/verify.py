"""Whether rows are what their teachers say today: a random part of them is computed again.

Shape suffixes: B samples, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import softened
from mtkd_engine.cache.rows.build import Produce, block_of
from mtkd_engine.cache.rows.forms import to_log_probs
from mtkd_engine.cache.rows.header import Header
from mtkd_engine.cache.rows.table import Table

SHARE = 0.01
TOLERANCE = 5e-3
"""Largest difference of a probability that other devices and libraries explain."""


@dataclass(frozen=True)
class Verified:
    """What a second computation of `checked` of `rows` rows found."""

    checked: int
    rows: int
    largest_error: float
    """Of a probability; of the estimate where rows are drawn, of a kept class where they are cut."""
    top1_agreement: float
    """Share of rows whose likeliest class is the same."""

    @property
    def holds(self) -> bool:
        """Whether the rows may go on being used."""
        return self.largest_error <= TOLERANCE


def verify(
    table: Table, *, views: Sequence[int], produce: Produce, share: float = SHARE, seed: int = 0
) -> Verified:
    """This will compute a random share of the blocks of these views again, one at least, and compare.

    Blocks that are not there yet are left out; without any the result says that nothing was checked and holds.
    """
    missing = set(table.missing(views))
    blocks = [(view, block) for view in views for block in range(table.header.blocks)]
    held = [one for one in blocks if one not in missing]
    count = min(len(held), max(1, round(share * len(held))))
    chosen = np.random.default_rng(seed).permutation(len(held))[:count]
    errors, agreed, checked = [0.0], 0, 0
    rows = table.rows()
    for view, block in (held[place] for place in chosen):
        start = table.plane(view) * table.header.count + table.block(block).start
        stored = rows[start : start + len(table.block(block))]
        fresh = block_of(table, view=view, block=block, produce=produce)
        stored_BC, fresh_BC = _probabilities(stored, table.header), _probabilities(fresh, table.header)
        errors.append(float((stored_BC - fresh_BC).abs().max()))
        agreed += int((stored_BC.argmax(-1) == fresh_BC.argmax(-1)).sum())
        checked += len(stored)
    total = sum(len(table.block(block)) for _, block in held)
    return Verified(checked, total, max(errors), agreed / checked if checked else 1.0)


def _probabilities(rows: np.ndarray[tuple[int, ...], np.dtype[np.generic]], header: Header) -> Tensor:
    signed = np.ascontiguousarray(rows).view(np.float16 if header.form == "dense" else np.int16)
    log_BC = to_log_probs(torch.from_numpy(signed.copy()), header)
    return (log_BC if header.softened is None else softened(log_BC, header.softened)).exp()
