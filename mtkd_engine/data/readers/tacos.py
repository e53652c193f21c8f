"""Annotations of TACoS: times are frames, a video's own rate makes seconds of them.

    {"s13-d21.avi": {"timestamps": [[141, 354], ...], "sentences": [...], "fps": 29.4, "num_frames": 12438}, ...}

The same sentence is said of the same video again and again (several people described it), so a
sample is its place in the file and never its text.
"""

from __future__ import annotations

from mtkd_engine.data.errors import shown
from mtkd_engine.data.readers.base import AnnotationFile, Intake, UnreadableRowError, duration_of, seconds_of
from mtkd_engine.data.readers.videos import Entry, read_videos

_FASTEST = 10_000.0


def read(file: AnnotationFile, intake: Intake) -> None:
    """This will take the rows of a file in its own order, frames turned into seconds."""
    read_videos(file, intake, clock=_clock, needed=("timestamps", "sentences", "fps", "num_frames"))


def _clock(entry: Entry) -> tuple[float | None, float]:
    per_second = seconds_of(entry["fps"])
    if per_second is None or not 1e-3 <= per_second <= _FASTEST:
        raise UnreadableRowError(f"fps is {shown(entry['fps'])}; from 0.001 to {_FASTEST:,.0f} is accepted")
    frames = seconds_of(entry["num_frames"])
    return (None if frames is None else duration_of(frames / per_second)), per_second
