"""The result of a job as a table: the student first, every baseline beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COLUMNS = (("r1@0.3", "R1@0.3"), ("r1@0.5", "R1@0.5"), ("r1@0.7", "R1@0.7"), ("miou", "mIoU"))

BASELINES = {
    "blind": ("Blind", "The best constant window: sees neither video nor sentence."),
    "best_single": ("Best single teacher", "The one teacher that is best on validation."),
    "uniform": ("Uniform average", "All teachers with equal weight."),
    "static": ("Static weights", "One learned weight per teacher: what a per-sample gate has to beat."),
    "medoid": ("Weighted medoid", "The teachers' window that agrees most with the others."),
    "oracle": ("Oracle", "The best teacher of each sample, chosen by the labels: a bound, not a method."),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One number; `share` is in percent, for the bar behind it, `gain` is the student's lead in points."""

    value: float | None
    gain: float | None

    @property
    def share(self) -> float:
        return 0.0 if self.value is None else max(0.0, min(100.0, self.value))


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    key: str
    title: str
    help: str
    cells: list[Cell]
    is_student: bool = False


def result_rows(result: Mapping[str, Any] | None) -> list[Row]:
    """This will lay a job's result out as rows, in percent; an empty list where there is none."""
    if not result or not result.get("metrics"):
        return []
    student = result["metrics"]
    rows = [
        Row(
            key="student",
            title="Student",
            help="This job's network on the test split.",
            cells=_cells(student, student),
            is_student=True,
        )
    ]
    baselines = result.get("baselines") or {}
    for key in [
        *(key for key in BASELINES if key in baselines),
        *(k for k in baselines if k not in BASELINES),
    ]:
        title, text = BASELINES.get(key, (key.removeprefix("teacher:"), "This teacher alone."))
        rows.append(Row(key=key, title=title, help=text, cells=_cells(baselines[key], student)))
    return rows


def _cells(values: Mapping[str, Any], student: Mapping[str, Any]) -> list[Cell]:
    return [_cell(values.get(key), student.get(key)) for key, _ in COLUMNS]


def _cell(value: object, own: object) -> Cell:
    if not isinstance(value, int | float):
        return Cell(value=None, gain=None)
    gain = 100 * (own - value) if isinstance(own, int | float) and own is not value else None
    return Cell(value=100 * value, gain=gain)
