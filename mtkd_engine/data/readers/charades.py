"""Annotations of Charades-STA: `VID START END##sentence`, seconds; durations come from another file."""

from __future__ import annotations

from mtkd_engine.data.errors import shown
from mtkd_engine.data.readers.base import (
    AnnotationFile,
    Intake,
    UnreadableRowError,
    lines,
    name_of,
    sentence_of,
)
from mtkd_engine.data.rows import Row


def read(file: AnnotationFile, intake: Intake) -> None:
    """This will take the rows of a file in its own order; a video unknown to the durations has none."""
    for line, text in lines(file, intake):
        try:
            video_id, window, sentence = _parts(text)
        except UnreadableRowError as error:
            intake.unreadable(file, line=line, detail=str(error))
            continue
        intake.rows.append(
            Row(
                split=file.split,
                sample_id=intake.numbered(video_id),
                video_id=video_id,
                source_id=None,
                duration=intake.durations.get(video_id),
                windows=(window,),
                sentence=sentence,
                file=file.name,
                line=line,
            )
        )


def _parts(text: str) -> tuple[str, tuple[float, float], str]:
    head, mark, sentence = text.partition("##")
    parts = head.split()
    if not mark or len(parts) != 3:
        raise UnreadableRowError(f"the line is {shown(text)}; VIDEO START END##sentence is accepted")
    try:
        window = float(parts[1]), float(parts[2])
    except ValueError:
        raise UnreadableRowError(
            f"the window is {shown(' '.join(parts[1:]))}; two numbers of seconds are accepted"
        ) from None
    return name_of(parts[0], what="video id"), window, sentence_of(sentence.strip())
