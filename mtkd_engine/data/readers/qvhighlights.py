"""Annotations of QVHighlights: one JSON object a line, several windows each, ids of its own.

    {"qid": 2579, "query": "...", "vid": "NUsG9BgSes0_210.0_360.0", "duration": 150, "relevant_windows": [[82, 150]]}

`vid` is a cut of a longer video: the part before its two time stamps is the source, because cuts of
one video look alike. Rows without windows (the hidden test part) are counted and left out.
"""

from __future__ import annotations

import json
import re

from mtkd_engine.data.errors import shown
from mtkd_engine.data.readers.base import (
    AnnotationFile,
    Intake,
    UnreadableRowError,
    duration_of,
    lines,
    name_of,
    sentence_of,
    window_of,
)
from mtkd_engine.data.rows import Row

MOST_WINDOWS = 100  # losses look at each of them
_CUT = re.compile(r"^(.+)_\d+(?:\.\d+)?_\d+(?:\.\d+)?$", re.DOTALL)


def read(file: AnnotationFile, intake: Intake) -> None:
    """This will take the rows of a file that have windows, in its own order."""
    for line, text in lines(file, intake):
        try:
            row = _row(_entry(text), file, line=line)
        except UnreadableRowError as error:
            intake.unreadable(file, line=line, detail=str(error))
            continue
        if row.windows:
            intake.rows.append(row)
        else:
            intake.log.add_row("unlabelled_rows", row, "no relevant_windows")


def _entry(text: str) -> dict[str, object]:
    try:
        entry = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        detail = " ".join(str(error).split())
        raise UnreadableRowError(f"the line is not valid JSON ({detail})") from None
    if not isinstance(entry, dict):
        raise UnreadableRowError(f"the line is {shown(entry)}; an object with qid, query, vid is accepted")
    for field in ("qid", "query", "vid", "duration"):
        if field not in entry:
            raise UnreadableRowError(f"the line lacks {field!r}; qid, query, vid and duration are needed")
    return entry


def _row(entry: dict[str, object], file: AnnotationFile, *, line: int) -> Row:
    number, video_id = entry["qid"], name_of(entry["vid"], what="video id")
    if isinstance(number, int) and not isinstance(number, bool):
        number = str(number)
    windows = entry.get("relevant_windows")
    if windows is not None and not isinstance(windows, list):
        raise UnreadableRowError(f"relevant_windows is {shown(windows)}; a list is accepted")
    if len(windows or ()) > MOST_WINDOWS:
        raise UnreadableRowError(
            f"relevant_windows has {len(windows or ()):,}; up to {MOST_WINDOWS} are accepted"
        )
    return Row(
        split=file.split,
        sample_id=name_of(number, what="qid"),
        video_id=video_id,
        source_id=source_of(video_id),
        duration=duration_of(entry["duration"]),
        windows=tuple(window_of(window) for window in windows or ()),
        sentence=sentence_of(entry["query"]),
        file=file.name,
        line=line,
    )


def source_of(video_id: str) -> str:
    """This will give the video that a cut was made of."""
    cut = _CUT.match(video_id)
    return cut[1] if cut else video_id


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise UnreadableRowError("the line gives a key twice; each key may appear once")
    return content
