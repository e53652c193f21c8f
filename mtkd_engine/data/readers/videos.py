"""What ActivityNet Captions and TACoS have in common: an object with one entry for each video."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from mtkd_engine.data.errors import shown
from mtkd_engine.data.jsonfile import iterate_json_object
from mtkd_engine.data.readers.base import (
    AnnotationFile,
    Intake,
    UnreadableRowError,
    name_of,
    sentence_of,
    window_of,
)
from mtkd_engine.data.rows import Row

Entry = dict[str, object]
Clock = Callable[[Entry], tuple[float | None, float]]
"""Gives the duration of a video in seconds and how many units of its windows make a second."""


def read_videos(file: AnnotationFile, intake: Intake, *, clock: Clock, needed: tuple[str, ...]) -> None:
    """This will take {"VIDEO": {"timestamps": [[start, end], ...], "sentences": [...], ...}, ...}."""
    lines = count(1)
    for video_id, entry in iterate_json_object(file.path, most_bytes=intake.limits.json_bytes):
        try:
            name_of(video_id, what="video id")
            _take(video_id, _entry(entry, needed), file, intake, clock=clock, lines=lines)
        except UnreadableRowError as error:
            intake.count(file)
            intake.unreadable(file, line=None, detail=f"video {shown(video_id)}: {error}")


def _entry(entry: object, needed: tuple[str, ...]) -> Entry:
    if not isinstance(entry, dict):
        raise UnreadableRowError(f"it is {shown(entry)}; an object with {', '.join(needed)} is accepted")
    for field in needed:
        if field not in entry:
            raise UnreadableRowError(f"it lacks {field!r}; {', '.join(needed)} are needed")
    for field in ("timestamps", "sentences"):
        if not isinstance(entry[field], list):
            raise UnreadableRowError(f"{field} is {shown(entry[field])}; a list is accepted")
    windows, sentences = len(entry["timestamps"]), len(entry["sentences"])
    if windows != sentences:
        raise UnreadableRowError(
            f"it has {windows} timestamps and {sentences} sentences; there must be one sentence for each window"
        )
    return entry


def _take(
    video_id: str, entry: Entry, file: AnnotationFile, intake: Intake, *, clock: Clock, lines: count[int]
) -> None:
    duration, per_second = clock(entry)
    windows, sentences = entry["timestamps"], entry["sentences"]
    assert isinstance(windows, list)
    assert isinstance(sentences, list)
    for window, sentence in zip(windows, sentences, strict=True):
        intake.count(file)
        sample_id, line = intake.numbered(video_id), next(lines)
        try:
            row = Row(
                split=file.split,
                sample_id=sample_id,
                video_id=video_id,
                source_id=None,
                duration=duration,
                windows=(window_of(window, per_second=per_second),),
                sentence=sentence_of(sentence),
                file=file.name,
                line=line,
            )
        except UnreadableRowError as error:
            intake.unreadable(file, line=line, detail=f"{sample_id}: {error}")
        else:
            intake.rows.append(row)
