"""What is wrong with rows, each taken by itself and against the others of its video."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable

from mtkd_engine.data.check.problems import ProblemLog
from mtkd_engine.data.rows import Row, Window
from mtkd_engine.data.vocabulary import has_words

CLIPPABLE = frozenset({"beyond_duration", "negative_start"})


def window_fault(window: Window, *, duration: float) -> str | None:
    """This will name what is wrong with a window on a video of that length, if anything is."""
    start, end = window
    if not (math.isfinite(start) and math.isfinite(end)):
        return "not_finite"
    if end <= start:
        return "reversed_window" if end < start else "empty_window"
    if start >= duration or end <= 0:
        return "outside_window"
    if start < 0:
        return "negative_start"
    return "beyond_duration" if end > duration else None


def first_fault(row: Row) -> str | None:
    """This will name the gravest fault of a row's windows: what no clipping mends goes first."""
    duration = math.inf if row.duration is None else row.duration
    if len(row.windows) == 1:
        return window_fault(row.windows[0], duration=duration)
    faults = {window_fault(window, duration=duration) for window in row.windows} - {None}
    return min(faults, key=lambda fault: (fault in CLIPPABLE, fault == "beyond_duration"), default=None)


def is_usable(row: Row) -> bool:
    """This will say whether a row can be learnt from, after clipping at most."""
    fault = first_fault(row)
    return (
        row.duration is not None
        and bool(row.windows)
        and (fault is None or fault in CLIPPABLE)
        and has_words(row.sentence)
    )


def content_of(row: Row) -> tuple[object, ...]:
    """This will give what makes two rows duplicates of each other."""
    return (row.split, row.video_id, row.windows, row.sentence)


def find_in_rows(rows: Iterable[Row], log: ProblemLog) -> None:
    """This will log faults of single rows: durations, windows, sentences."""
    for row in rows:
        if row.duration is None:
            log.add_row("missing_duration", row, "its video has no usable duration")
        if not has_words(row.sentence):
            log.add_row("no_words", row, f"the sentence is {row.sentence[:60]!r}")
        fault = first_fault(row)
        if fault == "beyond_duration":
            _find_late(row, log)
        elif fault is not None:
            log.add_row(fault, row, _shown(row))


def _find_late(row: Row, log: ProblemLog) -> None:
    assert row.duration is not None
    for start, end in row.windows:
        if end > row.duration:
            log.add_row("beyond_duration", row, _shown(row, [(start, end)]))


def _shown(row: Row, windows: Collection[Window] | None = None) -> str:
    told = ", ".join(f"[{start:g}, {end:g}]" for start, end in windows or row.windows)
    length = "unknown" if row.duration is None else f"{row.duration:g} s"
    return f"window {told[:80]}, duration {length}"


def find_repeats(rows: Collection[Row], log: ProblemLog) -> None:
    """This will log what rows share with each other: ids, contents, sentences; durations that disagree."""
    ids: dict[str, Row] = {}
    contents: dict[tuple[object, ...], Row] = {}
    asked: Counter[int] = Counter()
    lasts: dict[str, float] = {}
    disagree: set[str] = set()
    for row in rows:
        twin = ids.setdefault(row.sample_id, row)
        same = contents.setdefault(content_of(row), row)
        if twin is not row:
            code = "repeated_ids" if content_of(twin) == content_of(row) else "conflicting_ids"
            log.add_row(code, row, f"the id is already given in {_place(twin)}")
        elif same is not row:
            log.add_row("duplicate_rows", row, f"the same as {_place(same)}")
        asked[_question(row)] += 1
        if row.duration is not None and lasts.setdefault(row.video_id, row.duration) != row.duration:
            if row.video_id not in disagree:
                log.add_row(
                    "several_durations",
                    row,
                    f"{row.duration} s here, {lasts[row.video_id]} s before",
                )
            disagree.add(row.video_id)
    for row in rows:
        if asked[_question(row)] > 1:
            log.add_row("repeated_sentences", row, repr(row.sentence[:60]))


def _question(row: Row) -> int:
    """Stand for split, video and sentence in 64 bits: a note may err once in many lifetimes."""
    return hash((row.split, row.video_id, row.sentence.strip().lower()))


def _place(row: Row) -> str:
    return f"{row.file}, row {row.line}"


def find_missing_features(
    rows: Iterable[Row], log: ProblemLog, *, store: str, featured: Collection[str]
) -> None:
    """This will log annotated videos without features, and features without annotations."""
    annotated: dict[str, Row] = {}
    for row in rows:
        annotated.setdefault(row.video_id, row)
    for video_id, row in annotated.items():
        if video_id not in featured:
            detail = f"{store} holds no features of video {video_id!r}"
            log.add("without_features", file=row.file, row=row.line, detail=detail)
    for video_id in featured:
        if video_id not in annotated:
            log.add("unused_features", file=store, detail=video_id)
