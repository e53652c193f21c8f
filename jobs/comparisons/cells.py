"""Compared jobs by what was set: those that differ in nothing but the seed are a cell, and cells are held together."""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.comparisons.pairs import Compared, Pairs, differences
from jobs.queries.comparing.sides import Side
from mtkd_engine.spec import cell_texts
from mtkd_engine.spec.measures import HEADLINES, is_by_sample

TEST = "test/"
FIRST = tuple(f"{TEST}{name}" for name in HEADLINES)
_NO_SETTINGS = ("name", "group", "seed", "gates")

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Jobs with the same settings; `mean` and `sd` follow the names of the final metrics, `n` counts the jobs.

    NaN is where no job has the metric, and the spread of a single one. `difference` is this cell minus the reference.
    """

    title: str
    sides: tuple[Side, ...]
    n: NDArray[np.int64]
    mean: Numbers
    sd: Numbers
    is_reference: bool
    difference: Compared | None
    is_comparing: bool

    @property
    def key(self) -> int:
        """The lowest id of its jobs."""
        return min(side.id for side in self.sides)


@dataclass(frozen=True, kw_only=True)
class Cells:
    """The cells in the order of their first jobs; `metrics` can be compared sample by sample, `metric` is."""

    metric: str
    metrics: tuple[str, ...]
    rows: tuple[Cell, ...]


def by_sample(names: Iterable[str]) -> tuple[str, ...]:
    """This will pick the final metrics for which every sample has a value, the headline first."""
    bare = [name.removeprefix(TEST) for name in names if name.startswith(TEST)]
    found = [f"{TEST}{name}" for name in bare if is_by_sample(name, bare)]
    return tuple(sorted(found, key=lambda name: (name not in FIRST, name)))


def cells_of(
    sides: Sequence[Side],
    *,
    names: Sequence[str],
    metric: str | None = None,
    reference: int | None = None,
    seconds: float = math.inf,
) -> Cells:
    """This will put jobs together by their settings, and hold each cell against that of the job `reference`.

    Without one, the reference of a group is taken, or the first job. `names` are those of the final metrics.
    Comparisons that are not begun within `seconds` are there the next time.
    """
    until = time.monotonic() + seconds
    metrics = by_sample(names)
    chosen = metric or next(iter(metrics), FIRST[0])
    cells = list(_together(sides).values())
    held = next((cell for cell in cells if _is_held(cell, reference)), cells[0] if cells else [])
    pairs = [() if cell is held else _pairs(cell, held) for cell in cells]
    found = differences(pairs, metric=chosen[len(TEST) :], until=until) if metrics else [None] * len(cells)
    titles = _titles(cells)
    rows = tuple(
        Cell(
            title=title,
            sides=tuple(cell),
            **_spreads(cell, names),
            is_reference=cell is held,
            difference=None if one is None else one.compared,
            is_comparing=one is not None and one.is_open,
        )
        for cell, one, title in zip(cells, found, titles, strict=True)
    )
    return Cells(metric=chosen, metrics=metrics, rows=rows)


def _together(sides: Iterable[Side]) -> dict[tuple[int, bool, str], list[Side]]:
    found: dict[tuple[int, bool, str], list[Side]] = defaultdict(list)
    for side in sides:
        settings = {key: value for key, value in side.spec.items() if key not in _NO_SETTINGS}
        if side.job.elsewhere:
            given = side.spec.get("parameters") or {}
            settings["parameters"] = {key: value for key, value in given.items() if key != "seed"}
        job = side.job
        found[job.project_id, job.elsewhere, json.dumps(settings, sort_keys=True)].append(side)
    return found


def _is_held(cell: Sequence[Side], reference: int | None) -> bool:
    if reference is not None:
        return any(side.id == reference for side in cell)
    return any(side.job.group_id is not None and not side.cell for side in cell)


def _pairs(own: Sequence[Side], held: Sequence[Side]) -> Pairs:
    """Jobs of the same seed together; where no seed is shared, in the order of seeds. Other samples are no pair."""
    mine, theirs = _of_seeds(own), _of_seeds(held)
    shared = [(mine[seed], theirs[seed]) for seed in mine if seed in theirs]
    couples = shared or list(zip(mine.values(), theirs.values(), strict=False))
    return tuple(
        (one.samples, other.samples)
        for one, other in couples
        if one.samples and other.samples and one.tested_on == other.tested_on is not None
    )


def _of_seeds(cell: Sequence[Side]) -> dict[int | None, Side]:
    """The first job that ended well of each seed."""
    done = [side for side in cell if side.metrics and side.samples]
    ordered = sorted(done, key=lambda side: (side.seed is None, side.seed or 0, side.id))
    found: dict[int | None, Side] = {}
    for side in ordered:
        found.setdefault(side.seed, side)
    return found


def _spreads(cell: Sequence[Side], names: Sequence[str]) -> dict[str, Any]:
    values = np.array([[side.metrics.get(name, np.nan) for name in names] for side in cell]).reshape(
        len(cell), len(names)
    )
    there = np.isfinite(values)
    n = there.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, values, 0.0).sum(0) / n
        squares = np.where(there, (values - mean) ** 2, 0.0).sum(0)
        sd = np.sqrt(squares / np.maximum(n - 1, 0))
    return {"n": n, "mean": mean, "sd": np.where(n > 1, sd, np.nan)}


def _titles(cells: Sequence[Sequence[Side]]) -> list[str]:
    """As groups call them where all are of one group; otherwise by their first jobs. No two are the same."""
    groups = {side.job.group_id for cell in cells for side in cell}
    texts: dict[int, Mapping[str, Any]] = {}
    titles = []
    for cell in cells:
        first = cell[0]
        title = first.job.name or f"job {first.id}"
        if first.job.group is not None:
            known = texts.setdefault(first.job.group.pk, cell_texts(first.job.group.document))
            own = known[first.cell].title if first.cell in known else first.cell or "reference"
            title = own if len(groups) == 1 else f"{first.job.group.name}: {own}"
        titles.append(title)
    return [
        title if titles.count(title) == 1 else f"{title} #{min(side.id for side in cell)}"
        for cell, title in zip(cells, titles, strict=True)
    ]
