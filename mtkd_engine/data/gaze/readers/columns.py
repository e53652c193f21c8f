"""Which columns of a table of fixations say what, told by their names."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.clips.readers.lines import first_lines

_PICTURES = ("image", "img", "picture", "image_name", "image_id", "stimulus", "filename", "file_name", "file")
_VIDEOS = ("video", "video_name", "video_id", "clip", "film", "movie")
_X, _Y = ("x", "fix_x", "x_px", "fixation_x", "gaze_x"), ("y", "fix_y", "y_px", "fixation_y", "gaze_y")
_VIEWERS = ("subject", "viewer", "observer", "participant", "subject_id", "user")
_STARTS = ("start", "onset", "time", "timestamp", "t")
_DURATIONS = ("duration", "dur")
_FRAMES = ("frame", "frame_number", "frame_index", "frame_id")
_UNITS = {"": 1.0, "_s": 1.0, "_sec": 1.0, "_ms": 0.001}


@dataclass(frozen=True)
class Columns:
    """Names of columns as the header writes them, empty where there is none; seconds of one unit of a time."""

    item: str
    is_video: bool
    x: str
    y: str
    viewer: str
    start: str
    start_unit: float
    duration: str
    duration_unit: float
    frame: str
    split: str
    source: str


def columns_of(header: Iterable[str | None]) -> Columns | None:
    """This will tell the columns of a table, None where it lists no places in pictures or videos."""
    given = {str(column).strip().lower(): str(column) for column in header if column is not None}

    def named(names: Iterable[str]) -> str:
        return next((given[name] for name in names if name in given), "")

    video, picture = named(_VIDEOS), named(_PICTURES)
    x, y = named(_X), named(_Y)
    if not ((video or picture) and x and y):
        return None
    start, start_unit = _timed(given, _STARTS)
    duration, duration_unit = _timed(given, _DURATIONS)
    return Columns(
        item=video or picture,
        is_video=bool(video),
        x=x,
        y=y,
        viewer=named(_VIEWERS),
        start=start,
        start_unit=start_unit,
        duration=duration,
        duration_unit=duration_unit,
        frame=named(_FRAMES),
        split=named(("split",)),
        source=named(("source", "source_id", "group")),
    )


def columns_in(path: Path) -> Columns | None:
    """This will tell the columns of the table at `path`, None for any other file."""
    if path.suffix.lower() != ".csv":
        return None
    try:
        return columns_of(next(csv.reader(first_lines(path)), []))
    except csv.Error:
        return None


def _timed(given: dict[str, str], names: Iterable[str]) -> tuple[str, float]:
    found = (
        (given[name + end], unit) for name in names for end, unit in _UNITS.items() if name + end in given
    )
    return next(found, ("", 1.0))
