"""Everything that may be wrong with annotations, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtkd_engine.data.rows import Place, Problem, Row, Severity

SHOWN_PLACES = 20
_NAMED_FILES = 4


@dataclass(frozen=True)
class Kind:
    """How grave a problem is, its message with {count}, what is accepted instead, and what mends it."""

    severity: Severity
    message: str
    accepted: str = ""
    repair: str | None = None


MADE_BY_SOURCE = {
    "split_made": Kind(
        "note",
        "There is no usable train split: all sources are divided into train, val and test (70/15/15 %).",
    ),
    "val_made": Kind(
        "note", "There is no split val: about 15 % of the sources of train are set aside for it."
    ),
    "test_made": Kind(
        "note", "There is no split test: about 15 % of the sources of train are set aside for it."
    ),
}
"""Splits that were made of whole sources."""

KINDS = {
    "unreadable_rows": Kind(
        "error",
        "{count} row(s) cannot be understood.",
        "every row must be of the format",
        "drop_rows",
    ),
    "missing_duration": Kind(
        "error",
        "{count} row(s) are on a video without a usable duration.",
        "a finite number of seconds above 0 and up to 10,000,000 is accepted",
        "drop_rows",
    ),
    "not_finite": Kind(
        "error",
        "{count} row(s) have a window that is no pair of finite numbers.",
        "finite numbers of seconds are accepted",
        "drop_rows",
    ),
    "reversed_window": Kind(
        "error",
        "{count} row(s) have a window that ends before it starts.",
        "a window must end after it starts",
        "drop_rows",
    ),
    "empty_window": Kind(
        "error",
        "{count} row(s) have a window of no length.",
        "a window must end after it starts",
        "drop_rows",
    ),
    "outside_window": Kind(
        "error",
        "{count} row(s) have a window wholly outside their video.",
        "a start from 0 to below the duration is accepted",
        "drop_rows",
    ),
    "negative_start": Kind(
        "error",
        "{count} row(s) have a window that starts before the video.",
        "a start from 0 to below the duration is accepted",
        "clip_windows",
    ),
    "beyond_duration": Kind("warning", "{count} window(s) end after their video.", repair="clip_windows"),
    "no_words": Kind(
        "error",
        "{count} row(s) have a sentence without a word.",
        "a text with at least one word is accepted",
        "drop_rows",
    ),
    "duplicate_rows": Kind(
        "warning",
        "{count} row(s) repeat an earlier one: same video, windows and sentence.",
        repair="drop_duplicates",
    ),
    "repeated_ids": Kind(
        "error",
        "{count} row(s) repeat the id and the content of an earlier row.",
        "every id may be given once",
        "drop_duplicates",
    ),
    "conflicting_ids": Kind(
        "error",
        "{count} row(s) have the id of an earlier row but another content.",
        "every id may be given once",
    ),
    "repeated_sentences": Kind(
        "note", "{count} row(s) share video and sentence with another row; ids keep them apart."
    ),
    "several_durations": Kind("warning", "{count} video(s) have different durations in different rows."),
    "unlabelled_rows": Kind("note", "{count} row(s) have no window and are left out."),
    "ignored_files": Kind(
        "warning", "{count} file(s) are named like a split but hold no annotations known here."
    ),
    "shared_videos": Kind(
        "error",
        "{count} video(s) of train are in val or test as well: what was learnt there is only remembered.",
        "a video may be in one split only",
        "drop_shared",
    ),
    "shared_evaluation": Kind(
        "warning", "{count} video(s) are in both val and test: what is chosen on val is flattered on test."
    ),
    "shared_sources": Kind(
        "warning",
        "{count} source(s) are in more than one split: what was learnt there may be remembered "
        "instead of understood.",
    ),
    "same_features": Kind(
        "warning", "{count} video(s) have exactly the features of a video of another split."
    ),
    "without_features": Kind(
        "error",
        "{count} annotated video(s) have no features.",
        "every annotated video needs them",
        "drop_without_features",
    ),
    "unusable_videos": Kind("warning", "{count} video file(s) cannot be played and are left out."),
    "unused_features": Kind("note", "The features of {count} video(s) are used by no annotation."),
    **MADE_BY_SOURCE,
    "too_few_sources": Kind(
        "error", "{count} source(s) are too few to make the missing splits.", "each split needs one"
    ),
    "empty_split": Kind("error", "{count} split(s) are empty.", "at least one sentence is needed in each"),
}


class ProblemLog:
    """Counts problems of a catalogue by code and keeps the first places of each."""

    def __init__(self, kinds: Mapping[str, Kind] = KINDS) -> None:
        self._kinds = kinds
        self._counts: dict[str, Counter[str]] = {}
        self._places: dict[str, list[Place]] = {}

    def add(self, code: str, *, file: str = "", row: int | None = None, detail: str) -> None:
        """This will count one more occurrence."""
        assert code in self._kinds, code
        self._counts.setdefault(code, Counter())[file] += 1
        places = self._places.setdefault(code, [])
        if len(places) < SHOWN_PLACES:
            places.append(Place(file=file, row=row, detail=detail))

    def add_row(self, code: str, row: Row, detail: str) -> None:
        """This will count one more occurrence in a row."""
        self.add(code, file=row.file, row=row.line, detail=f"{row.sample_id}: {detail}")

    def problems(self) -> list[Problem]:
        """This will give what was found in the order of the catalogue."""
        return [self._problem(code, kind) for code, kind in self._kinds.items() if code in self._counts]

    def _problem(self, code: str, kind: Kind) -> Problem:
        files = self._counts[code]
        message = kind.message.format(count=f"{files.total():,}")
        if 1 < len(files) <= _NAMED_FILES:
            message = message[:-1] + ": " + ", ".join(f"{n:,} in {file}" for file, n in files.items()) + "."
        return Problem(
            code=code,
            severity=kind.severity,
            message=message,
            count=files.total(),
            places=tuple(self._places[code]),
            repair=kind.repair,
        )


def errors(problems: Iterable[Problem], *, accepted: Iterable[str] = ()) -> list[Problem]:
    """This will give the problems that forbid a dataset, once the accepted repairs are made."""
    mended = set(accepted)
    return [p for p in problems if p.severity == "error" and (p.repair is None or p.repair not in mended)]


def sentence(problem: Problem, *, kinds: Mapping[str, Kind] = KINDS) -> str:
    """This will say a problem in one sentence: where it is first, what was given, what is accepted."""
    place = problem.places[0]
    row = "" if place.row is None else f", row {place.row}"
    where = f"{place.file}{row}: " if place.file else ""
    more = f" (and {problem.count - 1:,} more)" if problem.count > 1 else ""
    return f"{where}{place.detail}{more}; {kinds[problem.code].accepted}."


def told_repairs(
    problems: Sequence[Problem], *, titles: Mapping[str, str], accepted: Sequence[str]
) -> list[dict[str, Any]]:
    """This will list the repairs that problems suggest, in the order of their titles by name."""
    suggested = [problem for problem in problems if problem.repair is not None]
    return [
        {
            "name": name,
            "title": title,
            "count": sum(problem.count for problem in suggested if problem.repair == name),
            "needed": any(problem.repair == name and problem.severity == "error" for problem in suggested),
            "accepted": name in accepted,
        }
        for name, title in titles.items()
        if any(problem.repair == name for problem in suggested)
    ]
