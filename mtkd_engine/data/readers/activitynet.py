"""Annotations in the form of ActivityNet Captions; times in seconds, other keys of a video are ignored.

{"VIDEO": {"duration": 75.68, "timestamps": [[3.62, 6.71], ...], "sentences": ["...", ...]}, ...}
"""

from __future__ import annotations

from mtkd_engine.data.readers.base import AnnotationFile, Intake, duration_of
from mtkd_engine.data.readers.videos import Entry, read_videos


def read(file: AnnotationFile, intake: Intake) -> None:
    """This will take the rows of a file in its own order, as they were found."""
    read_videos(file, intake, clock=_clock, needed=("duration", "timestamps", "sentences"))


def _clock(entry: Entry) -> tuple[float | None, float]:
    return duration_of(entry["duration"]), 1.0
