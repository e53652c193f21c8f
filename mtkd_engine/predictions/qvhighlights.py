"""JSON lines as QVHighlights' evaluation wants them (Lei et al., NeurIPS 2021), plain or gzipped.

{"qid": 2579, "vid": "...", "pred_relevant_windows": [[start, end, score], ...], "pred_saliency_scores": [number a
clip, ...]}, times in seconds; the scores of clips may be missing. The dataset's own ids may stand under "sample_id"
instead of "qid". Instead of windows all rows may have {"centre": [...], "width": [...], "score": [...], "unit":
"seconds" or "fractions"}. Other keys are not read.
"""

from __future__ import annotations

import gzip
import json
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.progress import Progress
from mtkd_engine.predictions.content import (
    LARGEST_EXPANDED,
    MOST_ENTRIES,
    MOST_ROWS,
    Predictions,
    Unit,
    made,
)
from mtkd_engine.predictions.layouts import LAYOUTS, UNIT, as_windows, unit_of
from mtkd_engine.predictions.saliency import MOST_CLIPS, made_saliency

LONGEST_LINE = 16 * 2**20
ID_KEYS = ("sample_id", "qid")
WINDOWS_KEY = "pred_relevant_windows"
SALIENCY_KEY = "pred_saliency_scores"
_SAID_EVERY = 1000


@dataclass
class _Rows:
    """Plain growing arrays: a million rows of Python objects would take gigabytes."""

    file: str
    ids: list[str] = field(default_factory=list)
    videos: list[str | None] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    sizes: array[int] = field(default_factory=lambda: array("q"))
    numbers: array[float] = field(default_factory=lambda: array("d"))
    clips: array[int] = field(default_factory=lambda: array("q"))
    saliency: array[float] = field(default_factory=lambda: array("d"))
    unit: Unit | None = None
    """What centres and widths are measured in; None where the rows have windows."""


def read_jsonl(path: Path, *, progress: Progress) -> Predictions:
    """This will read all rows; raises DataError that names the line."""
    rows = _Rows(path.name)
    for number, line in _lines(path):
        if len(rows.ids) >= MOST_ROWS:
            raise DataError(f"{path.name} has more than {MOST_ROWS:,} rows; up to as many are accepted.")
        try:
            _add(rows, _parsed(line), number)
        except _RowError as error:
            raise DataError(f"{path.name}, line {number}: {error}.") from None
        if len(rows.ids) % _SAID_EVERY == 0:
            progress.say("predictions", done=len(rows.ids))
    return _made(rows)


def _made(rows: _Rows) -> Predictions:
    table = np.asarray(rows.numbers, np.float64).reshape(-1, 3)
    sizes = np.asarray(rows.sizes, np.int64)
    values = {"windows": table[:, :2], "scores": table[:, 2]}
    if rows.unit is not None:
        regressed = dict(zip(LAYOUTS["regression"], table.T, strict=True))
        values = as_windows(regressed, unit=rows.unit, sizes=sizes, ids=rows.ids, file=rows.file)
    return made(
        form="windows",
        ids=rows.ids,
        sizes=sizes,
        values=values,
        file=rows.file,
        lines=rows.lines,
        videos=rows.videos,
        unit=rows.unit or "seconds",
        saliency=made_saliency(
            np.asarray(rows.clips), np.asarray(rows.saliency, np.float64), ids=rows.ids, file=rows.file
        ),
    )


class _RowError(Exception):
    pass


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as plain:
            zipped = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            stream: IO[bytes] = gzip.GzipFile(fileobj=plain) if zipped else plain  # type: ignore[assignment]
            yield from _bounded(stream, path)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read ({shown(str(error))}); it may be cut short.") from None


def _bounded(stream: IO[bytes], path: Path) -> Iterator[tuple[int, bytes]]:
    total = number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        total += len(line)
        if len(line) > LONGEST_LINE:
            raise DataError(f"{path.name}, line {number}: longer than {LONGEST_LINE:,} bytes.")
        if total > LARGEST_EXPANDED:
            raise DataError(f"{path.name} expands to more than {LARGEST_EXPANDED:,} bytes.")
        line = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if line:
            yield number, line


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _RowError(f"this is no JSON object ({shown(str(error))})") from None
    if not isinstance(row, dict):
        raise _RowError(f"{shown(row)} is no JSON object")
    return row


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no finite number")


def _add(rows: _Rows, row: dict[str, Any], number: int) -> None:
    name = next((row[key] for key in ID_KEYS if key in row), None)
    if type(name) not in (str, int):
        raise _RowError(f"qid is {shown(name)}; a text or whole number under qid or sample_id is accepted")
    video = row.get("vid")
    if video is not None and not isinstance(video, str):
        raise _RowError(f"vid is {shown(video)}; a text is accepted")
    unit, entries = _said(row, where=f"{rows.file}, line {number}")
    if rows.ids and unit != rows.unit:
        raise _RowError(
            f"it holds {_layout(unit)}, but earlier rows {_layout(rows.unit)}; one of them is accepted in a file"
        )
    saliency = _saliency(row)
    rows.unit = unit
    for entry in entries:
        rows.numbers.extend(entry)
    rows.saliency.extend(saliency)
    rows.ids.append(str(name))
    rows.videos.append(video)
    rows.lines.append(number)
    rows.sizes.append(len(entries))
    rows.clips.append(len(saliency))


def _layout(unit: Unit | None) -> str:
    return WINDOWS_KEY if unit is None else f"centre, width and score in {unit}"


def _said(row: dict[str, Any], *, where: str) -> tuple[Unit | None, list[list[float]]]:
    """The unit of centres and widths, None for windows, and three numbers for each window."""
    names = LAYOUTS["regression"]
    if WINDOWS_KEY not in row and any(name in row for name in names):
        columns = [_numbers(row, name, most=MOST_ENTRIES["windows"]) for name in names]
        if len({len(column) for column in columns}) > 1:
            counts = ", ".join(f"{name} {len(column)}" for name, column in zip(names, columns, strict=True))
            raise _RowError(f"{counts}; as many of each are accepted")
        return unit_of(row.get(UNIT), where=where), [list(entry) for entry in zip(*columns, strict=True)]
    windows = row.get(WINDOWS_KEY)
    if not isinstance(windows, list):
        raise _RowError(
            f"{WINDOWS_KEY} is {shown(windows)}; a list of [start, end, score], or lists of centre, width and score "
            "in its place, are accepted"
        )
    if len(windows) > MOST_ENTRIES["windows"]:
        raise _RowError(f"{WINDOWS_KEY} has {len(windows):,}; up to {MOST_ENTRIES['windows']:,} are accepted")
    return None, [_window(window) for window in windows]


def _saliency(row: dict[str, Any]) -> list[float]:
    return [] if row.get(SALIENCY_KEY) is None else _numbers(row, SALIENCY_KEY, most=MOST_CLIPS)


def _numbers(row: dict[str, Any], name: str, *, most: int) -> list[float]:
    numbers = row.get(name)
    if not isinstance(numbers, list) or not all(type(n) in (int, float) for n in numbers):
        raise _RowError(f"{name} is {shown(numbers)}; a list of numbers is accepted")
    if len(numbers) > most:
        raise _RowError(f"{name} has {len(numbers):,}; up to {most:,} are accepted")
    return _finite(numbers, name)


def _window(window: Any) -> list[float]:
    if not isinstance(window, list) or len(window) != 3 or not all(type(n) in (int, float) for n in window):
        score = "; its score is missing" if isinstance(window, list) and len(window) == 2 else ""
        raise _RowError(f"{WINDOWS_KEY} holds {shown(window)}{score}; [start, end, score] is accepted")
    return _finite(window, WINDOWS_KEY)


def _finite(numbers: list[int | float], name: str) -> list[float]:
    try:
        return [float(number) for number in numbers]
    except OverflowError:
        raise _RowError(f"{name} holds {shown(numbers)}; finite numbers are accepted") from None
