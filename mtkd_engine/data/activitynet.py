"""Annotations in the form of ActivityNet Captions.

    {"VIDEO": {"duration": 75.68, "timestamps": [[3.62, 6.71], ...], "sentences": ["...", ...]}, ...}

Other keys of a video are ignored.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.vocabulary import tokenize


@dataclass(frozen=True)
class AnnotatedVideo:
    """One video: duration in seconds and, row by row, a window in seconds and its sentence."""

    video_id: str
    duration: float
    windows: tuple[tuple[float, float], ...]
    sentences: tuple[str, ...]
    clipped: int
    """How many windows ended after the video and were cut at its duration."""


def read_activitynet(path: Path) -> tuple[AnnotatedVideo, ...]:
    """Read an annotation file in its own order, or raise DataError naming file, video and row."""
    return tuple(
        _video(entry=entry, video_id=video_id, file=path.name)
        for video_id, entry in read_json_object(path).items()
    )


def _video(*, entry: object, video_id: str, file: str) -> AnnotatedVideo:
    where = f"{file}: video {shown(video_id)}"
    if not isinstance(entry, dict):
        raise DataError(
            f"{where} is {shown(entry)}; an object with duration, timestamps and sentences is accepted."
        )
    for field in ("duration", "timestamps", "sentences"):
        if field not in entry:
            raise DataError(f"{where} lacks {field!r}; duration, timestamps and sentences are needed.")
    duration = _seconds(entry["duration"], where=f"{where}: duration")
    if duration <= 0:
        raise DataError(f"{where}: duration is {shown(duration)}; a number of seconds above 0 is accepted.")
    rows, sentences = (
        _list(entry[field], where=f"{where}: {field}") for field in ("timestamps", "sentences")
    )
    if len(rows) != len(sentences):
        raise DataError(
            f"{where} has {len(rows)} timestamps and {len(sentences)} sentences; "
            "there must be one sentence for each window."
        )
    windows = [_window(row, duration=duration, where=f"{where}, row {i}") for i, row in enumerate(rows)]
    return AnnotatedVideo(
        video_id=video_id,
        duration=duration,
        windows=tuple((start, min(end, duration)) for start, end in windows),
        sentences=tuple(_sentence(text, where=f"{where}, row {i}") for i, text in enumerate(sentences)),
        clipped=sum(end > duration for _, end in windows),
    )


def _window(row: object, *, duration: float, where: str) -> tuple[float, float]:
    if not isinstance(row, list) or len(row) != 2:
        raise DataError(f"{where}: the window is {shown(row)}; [start, end] in seconds is accepted.")
    start, end = (_seconds(value, where=f"{where}: the window {shown(row)}") for value in row)
    if end <= start:
        raise DataError(f"{where}: the window {shown(row)} must end after it starts.")
    if start < 0 or start >= duration:
        raise DataError(
            f"{where}: the window {shown(row)} lies outside the video; "
            f"a start from 0 to below its duration {duration:g} is accepted."
        )
    return start, end


def _sentence(text: object, *, where: str) -> str:
    if not isinstance(text, str) or not tokenize(text):
        raise DataError(f"{where}: the sentence is {shown(text)}; a text with at least one word is accepted.")
    return text


def _list(value: object, *, where: str) -> list[object]:
    if not isinstance(value, list):
        raise DataError(f"{where} is {shown(value)}; a list is accepted.")
    return value


def _seconds(value: object, *, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise DataError(f"{where} holds {shown(value)}; a finite number of seconds is accepted.")
    return float(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer literal beyond the range of floats
        return False
