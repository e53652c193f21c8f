"""Predictions held against a dataset: which samples they cover, and what of them cannot be meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.dataset import Dataset, Sample
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.rows import Place, Problem, Severity
from mtkd_engine.predictions.content import Predictions, best_first

SHOWN = 3
SHOWN_PLACES = 20
ROUNDING = 1.0e-3
"""Seconds beyond an end that nobody meant: centre and width in single precision."""

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Matched:
    """What is left: one row for each sample that has a prediction, in the dataset's order, best window first."""

    predictions: Predictions
    coverage: dict[str, tuple[int, int]]
    unknown: tuple[str, ...]
    problems: tuple[Problem, ...]


def match(found: Predictions, dataset: Dataset, *, file: str) -> Matched:
    """This will keep what is predicted for the dataset's samples; raises DataError for what contradicts it.

    Rows given twice count once, windows are cut at the ends of their video, and what lies wholly outside is
    dropped: all of that is reported. Refused are different rows of one id, videos other than the dataset's,
    and predictions of none of its samples.
    """
    samples = {s.sample_id: s for split in dataset.splits.values() for s in split}
    rows, repeated = _first_rows(found, file)
    unknown = [row for name, row in rows.items() if name not in samples]
    kept = {name: rows[name] for name in samples if name in rows}
    if not kept:
        raise DataError(
            f"{file} covers none of the {len(samples):,} samples of {dataset.name}: its ids are such as "
            f"{_some(list(rows))}, those of the dataset such as {_some(list(samples))}."
        )
    _refuse_other_videos(found, kept, samples, file)
    chosen = best_first(found.take(np.array(list(kept.values()), np.int64)))
    there = [samples[name] for name in kept]
    inside, problems = _inside(_in_seconds(chosen, there), there, file)
    covered = set(inside.ids)
    coverage = {
        split: (sum(s.sample_id in covered for s in members), len(members))
        for split, members in dataset.splits.items()
    }
    problems = [
        *_problem(
            "repeated_rows",
            "note",
            "{count} row(s) repeat an earlier one and count once.",
            found,
            rows=repeated,
            file=file,
        ),
        *_problem(
            "unknown_ids",
            "warning",
            "{count} row(s) have an id that is not in the dataset.",
            found,
            rows=unknown,
            file=file,
        ),
        *problems,
    ]
    return Matched(inside, coverage, tuple(found.ids[row] for row in unknown), tuple(problems))


def _first_rows(found: Predictions, file: str) -> tuple[dict[str, int], list[int]]:
    rows: dict[str, int] = {}
    repeated: list[int] = []
    for row, name in enumerate(found.ids):
        first = rows.setdefault(name, row)
        if first != row:
            if not found.same(first, row):
                raise DataError(
                    f"{file}: rows {int(found.lines[first])} and {int(found.lines[row])} predict different things for "
                    f"sample {shown(name)}; one row for each sample is accepted."
                )
            repeated.append(row)
    return rows, repeated


def _refuse_other_videos(
    found: Predictions, kept: dict[str, int], samples: dict[str, Sample], file: str
) -> None:
    wrong = [name for name, row in kept.items() if found.videos[row] not in {None, samples[name].video_id}]
    if wrong:
        first = wrong[0]
        raise DataError(
            f"{file}, row {int(found.lines[kept[first]])}: sample {shown(first)} is on video "
            f"{shown(found.videos[kept[first]])} there, but on {shown(samples[first].video_id)} in the dataset "
            f"({len(wrong):,} such); predictions for this dataset are accepted."
        )


def _in_seconds(found: Predictions, samples: Sequence[Sample]) -> Predictions:
    if found.unit == "seconds":
        return found
    durations = np.array([sample.duration for sample in samples])[found.rows()]
    values = {**found.values, "windows": found.values["windows"] * durations[:, None]}
    return replace(found, values=values, unit="seconds")


def _inside(found: Predictions, samples: Sequence[Sample], file: str) -> tuple[Predictions, list[Problem]]:
    """Windows cut at the ends of their videos; samples that are left without any are left out."""
    if found.form != "windows":
        return found, []
    rows = found.rows()
    limits = np.array([sample.duration for sample in samples])[rows]
    windows, scores = found.values["windows"], found.values["scores"]
    outside = (windows[:, 1] <= 0) & (windows[:, 0] < 0) | (windows[:, 0] >= limits)
    cut = ~outside & ((windows[:, 0] < -ROUNDING) | (windows[:, 1] > limits + ROUNDING))
    clipped = np.clip(windows, 0.0, limits[:, None])
    sizes = np.bincount(rows[~outside], minlength=len(found)).astype(np.int64)
    whole = replace(found, sizes=sizes, values={"windows": clipped[~outside], "scores": scores[~outside]})
    empty = [int(row) for row in np.flatnonzero(sizes == 0)]
    problems = [
        *_problem(
            "windows_cut",
            "note",
            "{count} window(s) reach beyond their video and are cut at its ends.",
            found,
            rows=_rows_of(rows, cut),
            file=file,
            count=int(cut.sum()),
        ),
        *_problem(
            "windows_outside",
            "warning",
            "{count} window(s) lie wholly outside their video and are left out.",
            found,
            rows=_rows_of(rows, outside),
            file=file,
            count=int(outside.sum()),
        ),
        *_problem(
            "no_windows", "warning", "{count} sample(s) have no window left.", found, rows=empty, file=file
        ),
    ]
    if len(empty) == len(found):
        raise DataError(f"{file}: no sample has a window inside its video; one at least is needed.")
    return whole.take(np.flatnonzero(sizes > 0)), problems


def _rows_of(rows: Rows, marked: NDArray[Any]) -> list[int]:
    return list(dict.fromkeys(rows[marked].tolist()))


def _problem(
    code: str,
    severity: Severity,
    message: str,
    found: Predictions,
    *,
    rows: Sequence[int],
    file: str,
    count: int | None = None,
) -> list[Problem]:
    if not rows:
        return []
    many = len(rows) if count is None else count
    places = tuple(Place(file, int(found.lines[row]), found.ids[row]) for row in rows[:SHOWN_PLACES])
    return [Problem(code, severity, message.format(count=f"{many:,}"), many, places, None)]


def _some(names: list[str]) -> str:
    return ", ".join(shown(name) for name in names[:SHOWN])
