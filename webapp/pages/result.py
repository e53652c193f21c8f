"""The result of a job as a table: the student first, every baseline beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mtkd_engine.spec.measures import CLASSIFICATION, GROUNDING, Measures
from webapp.nouns import IMAGE

SAME = 0.05  # points that the table does not show

TOGETHER = "Teachers together"
ALONE = "Teachers alone"
BOUNDS = "Bounds"
_GROUPS = ("", TOGETHER, ALONE, BOUNDS)

OWN = {
    "student": ("Student", "This job's network."),
    "aggregated": (
        "Aggregated",
        "The aggregator of this job, on each sample with what it learned from other sources.",
    ),
}

BASELINES = {
    "solo": ("", "The student alone", "The same network, seed and training without teachers."),
    "ensemble": ("", "The ensemble", "All branches mixed by their gate: what taught each of them."),
    "best_branch": (
        "",
        "The best branch",
        "Chosen on validation: what would cost no more than the plain network.",
    ),
    "own_mean": (
        "",
        "Its moving mean",
        "The mean of the student's states: what taught it, where its best state was.",
    ),
    "own_snapshot": ("", "Its snapshot", "The student at the end of a cycle: what taught its best state."),
    "aggregated": (
        TOGETHER,
        "Aggregated",
        "What this job's aggregator made of the teachers: what the student was taught.",
    ),
    "static": (
        TOGETHER,
        "Static weights",
        "One learned weight per teacher: what weighing per sample has to beat.",
    ),
    "uniform": (TOGETHER, "Uniform average", "All teachers with equal weight."),
    "medoid": (TOGETHER, "Medoid", "The teacher's window that agrees most with the others."),
    "best_single": (ALONE, "Best single teacher", "Chosen on validation."),
    "teacher": (ALONE, "", ""),
    "oracle": (
        BOUNDS,
        "Oracle",
        "The best teacher of each sample, chosen by the labels: nobody can reach it.",
    ),
    "blind": (BOUNDS, "Blind", "The best constant window: sees neither video nor sentence."),
}
BY_LABELS = (
    BOUNDS,
    "Aggregated, by the labels",
    "The aggregator of this job looks at the true labels, here those of test: a bound, no prediction.",
)
"""What an aggregator says that cannot weigh a sample without its label."""
BLIND_TO = "Always the most frequent class: sees no {noun}."
"""What the row `blind` means where samples have classes."""
BLIND_BY_PLACE = "Says of every {noun} what pixels at the same place have in train."
"""What it means where every pixel is told of."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One number; `share` is in percent, for the bar behind it, `gain` is the first row's lead in points.

    `low` and `high` bound the lead with 95 %, where that is known.
    """

    value: float | None
    gain: float | None
    low: float | None = None
    high: float | None = None
    is_best: bool = False

    @property
    def share(self) -> float:
        return 0.0 if self.value is None else max(0.0, min(100.0, self.value))

    @property
    def is_open(self) -> bool:
        """Whether the lead may as well be none."""
        return self.low is not None and self.high is not None and self.low <= 0.0 <= self.high


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    key: str
    group: str
    title: str
    help: str
    cells: list[Cell]
    is_own: bool = False


def result_rows(
    result: Mapping[str, Any] | None,
    *,
    method: str = "",
    measures: Measures = GROUNDING,
    noun: str = IMAGE,
) -> list[Row]:
    """This will lay a job's result out as rows, in percent; an empty list where there is none.

    The first row is what the job made: a student, or with method `aggregate` what its teachers say together.
    The best of each column is marked, bounds left out: they are no methods to compare with. `noun` is what a sample
    with a class is called.
    """
    if not result or not result.get("metrics"):
        return []
    own = result["metrics"]
    key = "aggregated" if method == "aggregate" else "student"
    title, text = OWN[key]
    rows = [Row(key=key, group="", title=title, help=text, cells=_cells(own, {}, {}, measures), is_own=True)]
    baselines, compared = result.get("baselines") or {}, result.get("comparisons") or {}
    best = str(result.get("best_single"))
    is_one_teacher = method != "aggregate"  # there, the best single teacher is another one in each fold
    left_out = {f"teacher:{best}"} if is_one_teacher else set()
    known = BASELINES
    if measures is not GROUNDING:
        text = BLIND_TO if measures is CLASSIFICATION else BLIND_BY_PLACE
        known = known | {"blind": (BOUNDS, "Blind", text.format(noun=noun))}
    if result.get("aggregated_reads_labels"):
        known |= {"aggregated": BY_LABELS}
    for key in _in_order(baselines, left_out=left_out, by=measures.headline):
        group, title, text = known[key.partition(":")[0]]
        if key == "best_single" and is_one_teacher and f"teacher:{best}" in baselines:
            title, text = best, "The best single teacher, chosen on validation."
        if key == "best_single" and not is_one_teacher:
            title, text = BASELINES[key][1], f"Chosen on the other sources, mostly {best}."
        title = title or key.partition(":")[2]
        cells = _cells(baselines[key], own, compared.get(key) or {}, measures)
        rows.append(Row(key=key, group=group, title=title, help=text, cells=cells))
    return _with_best(sorted(rows, key=lambda row: _GROUPS.index(row.group)))


def _in_order(baselines: Mapping[str, Any], *, left_out: set[str], by: str) -> list[str]:
    """Kinds of rows in their order, teachers from the best to the worst; `left_out` where a row says it already."""
    places = list(BASELINES)
    gone = left_out if "best_single" in baselines else set()
    known = [key for key in baselines if key.partition(":")[0] in BASELINES and key not in gone]
    return sorted(
        known, key=lambda key: (places.index(key.partition(":")[0]), -_share(baselines[key], by), key)
    )


def _share(values: Mapping[str, Any], by: str) -> float:
    found = values.get(by)
    return found if isinstance(found, int | float) else 0.0


def _with_best(rows: list[Row]) -> list[Row]:
    rivals = [row for row in rows if row.group != BOUNDS]
    if len(rivals) < 2:
        return rows
    columns = zip(*([cell.value or 0.0 for cell in row.cells] for row in rivals), strict=True)
    tops = [max(column) for column in columns]
    return [
        replace(
            row,
            cells=[
                replace(cell, is_best=row in rivals and cell.value is not None and cell.value >= top - SAME)
                for cell, top in zip(row.cells, tops, strict=True)
            ],
        )
        for row in rows
    ]


def _cells(
    values: Mapping[str, Any], own: Mapping[str, Any], compared: Mapping[str, Any], measures: Measures
) -> list[Cell]:
    return [_cell(values.get(key), own.get(key), compared.get(key) or {}) for key, _ in measures.columns]


def _cell(value: object, own: object, compared: Mapping[str, Any]) -> Cell:
    if not isinstance(value, int | float):
        return Cell(value=None, gain=None)
    gain = 100 * (own - value) if isinstance(own, int | float) else None
    low, high = (compared.get(end) for end in ("low", "high"))
    if gain is None or not isinstance(low, int | float) or not isinstance(high, int | float):
        return Cell(value=100 * value, gain=gain)
    return Cell(value=100 * value, gain=gain, low=100 * low, high=100 * high)
