"""How long videos are, from a file beside annotations that do not say it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.jsonfile import iterate_json_object
from mtkd_engine.data.readers.base import Limits, duration_of

VIDEO_COLUMNS = ("id", "video", "vid", "video_id")
LENGTH_COLUMNS = ("length", "duration")


def read_durations(paths: Iterable[Path], *, limits: Limits | None = None) -> dict[str, float]:
    """This will read seconds by video id from .json ({VIDEO: 12.5} or {VIDEO: {"duration": 12.5}}) and .csv files.

    What is no usable duration is left out, so that it shows up with the rows that need it.
    """
    limits = limits or Limits()
    found: dict[str, float] = {}
    for path in paths:
        pairs = _from_csv(path, limits) if path.suffix.lower() == ".csv" else _from_json(path, limits)
        for count, (video_id, value) in enumerate(pairs, start=1):
            if count > limits.rows:
                raise DataError(
                    f"{path.name}: there are more than {limits.rows:,} durations; fewer are accepted."
                )
            duration = duration_of(value)
            if duration is None:
                continue
            if found.setdefault(video_id, duration) != duration:
                raise DataError(
                    f"{path.name}: video {shown(video_id)} lasts {duration:g} s here and "
                    f"{found[video_id]:g} s before; one duration for each video is accepted."
                )
    return found


def _from_json(path: Path, limits: Limits) -> Iterator[tuple[str, object]]:
    for video_id, entry in iterate_json_object(path, most_bytes=limits.json_bytes):
        yield video_id, entry.get("duration") if isinstance(entry, dict) else entry


def _from_csv(path: Path, limits: Limits) -> Iterator[tuple[str, object]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(_short(stream, path, limits))
            columns = duration_columns(next(rows, []))
            if columns is None:
                raise DataError(
                    f"{path.name} lacks a column of videos ({', '.join(VIDEO_COLUMNS)}) or of seconds "
                    f"({', '.join(LENGTH_COLUMNS)}); both are needed."
                )
            video, length = columns
            for row in rows:
                if len(row) > max(columns):
                    yield row[video], _number(row[length])
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: byte {error.start:,} is not UTF-8; UTF-8 text is accepted.") from None
    except csv.Error as error:
        raise DataError(f"{path.name} is not a readable .csv file ({error}).") from None
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from None


def _short(stream: Iterable[str], path: Path, limits: Limits) -> Iterator[str]:
    readline = getattr(stream, "readline")  # noqa: B009 - only readline can be bounded
    while line := readline(limits.line_bytes):
        if len(line) >= limits.line_bytes:
            raise DataError(f"{path.name} has a line of more than {limits.line_bytes:,} characters.")
        yield line


def duration_columns(header: list[str]) -> tuple[int, int] | None:
    """This will give the places of the columns of videos and of seconds in the header of a .csv, if both are there."""
    names = [name.strip().lower() for name in header]
    video = next((names.index(name) for name in VIDEO_COLUMNS if name in names), None)
    length = next((names.index(name) for name in LENGTH_COLUMNS if name in names), None)
    return None if video is None or length is None else (video, length)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
