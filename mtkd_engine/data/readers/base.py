"""What the readers of annotation files share: limits, and where their rows go."""

from __future__ import annotations

import math
import os
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from mtkd_engine.data.check.problems import ProblemLog
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.rows import Row, Window

LONGEST_DURATION = 1e7  # seconds; what is longer is a mistake and would only upset sums
_BLOCK = 2**20
_LONGEST_ID = 200
_LONGEST_SENTENCE = 10_000
_NO_NUMBER = (math.nan, math.nan)


@dataclass(frozen=True)
class Limits:
    """What a set of annotation files may hold."""

    rows: int = 1_000_000
    json_bytes: int = 256 * 2**20
    line_bytes: int = 2**20


@dataclass(frozen=True)
class AnnotationFile:
    """A file with annotations, the name it has in reports, and the split that its rows belong to."""

    path: Path
    name: str
    split: str | None


class UnreadableRowError(ValueError):
    """Says in a few words why a row or a video cannot be understood; never leaves the readers."""


@dataclass
class Intake:
    """Takes the rows of all files of a dataset, numbers them within their video, and counts them."""

    limits: Limits = field(default_factory=Limits)
    durations: Mapping[str, float] = field(default_factory=dict)
    log: ProblemLog = field(default_factory=ProblemLog)
    rows: list[Row] = field(default_factory=list)
    _seen: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)

    def count(self, file: AnnotationFile) -> None:
        """This will count a row, or refuse a dataset with more of them than the limit."""
        self._seen += 1
        self.refuse_beyond_limit(file)

    def refuse_beyond_limit(self, file: AnnotationFile, *, coming: int = 0) -> None:
        """This will refuse a dataset whose rows, those counted and those that are coming, are more than the limit."""
        if self._seen + coming > self.limits.rows:
            raise DataError(
                f"{file.name}: there are more than {self.limits.rows:,} rows; "
                f"a dataset of up to {self.limits.rows:,} is accepted."
            )

    def numbered(self, video_id: str) -> str:
        """This will give the id of the next row of a video: VIDEO#0, VIDEO#1, ..."""
        number = self._numbers.get(video_id, 0)
        self._numbers[video_id] = number + 1
        return f"{video_id}#{number}"

    def unreadable(self, file: AnnotationFile, *, line: int | None, detail: str) -> None:
        """This will note a row that is left out because it cannot be understood."""
        self.log.add("unreadable_rows", file=file.name, row=line, detail=detail)


def lines(file: AnnotationFile, intake: Intake) -> Iterator[tuple[int, str]]:
    """This will give the lines that are not blank with their 1-based numbers, never holding the file."""
    most = intake.limits.line_bytes
    try:
        with file.path.open("rb") as stream:
            _refuse_too_many(stream, file, intake)
            number = 0
            while line := stream.readline(most + 1):
                number += 1
                intake.count(file)
                if len(line) > most:
                    raise DataError(
                        f"{file.name}, row {number}: the line is longer than {most:,} bytes; "
                        "shorter ones are accepted."
                    )
                text = _text(line, where=f"{file.name}, row {number}").strip()
                if text:
                    yield number, text
    except OSError as error:
        raise DataError(f"{file.name} cannot be read ({error.strerror}).") from None


def _refuse_too_many(stream: BinaryIO, file: AnnotationFile, intake: Intake) -> None:
    """Ends of lines are counted in no time; to understand a million rows before the next one is refused takes long."""
    if os.fstat(stream.fileno()).st_size <= intake.limits.rows:
        return
    ends = 0
    while block := stream.read(_BLOCK):
        ends += block.count(b"\n")
        intake.refuse_beyond_limit(file, coming=ends)
    stream.seek(0)


def _text(line: bytes, *, where: str) -> str:
    try:
        return line.decode("utf-8-sig" if line.startswith(b"\xef\xbb\xbf") else "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where}: byte {error.start} of the line is {line[error.start]:#04x}, which is not UTF-8; "
            "UTF-8 text is accepted."
        ) from None


def name_of(value: object, *, what: str) -> str:
    """This will give a video or sample id, or refuse what no id can be."""
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_ID or not value.isprintable():
        raise UnreadableRowError(
            f"the {what} is {shown(value)}; 1 to {_LONGEST_ID} printable characters are accepted"
        )
    return value


def sentence_of(value: object) -> str:
    """This will give a sentence, or refuse what no text is; a text without words passes as it was found.

    Letters with accents that are written as two characters become one, as in most files: a word is one word then.
    """
    if not isinstance(value, str) or len(value) > _LONGEST_SENTENCE or _has_lone_surrogates(value):
        raise UnreadableRowError(
            f"the sentence is {shown(value)}; a text of up to {_LONGEST_SENTENCE:,} characters is accepted"
        )
    return unicodedata.normalize("NFC", value)


def _has_lone_surrogates(text: str) -> bool:
    if text.isascii():
        return False
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def seconds_of(value: object) -> float | None:
    """This will give a number as it is, or nothing for what is no number (or none that a float holds)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:  # an integer literal beyond the range of floats
        return math.inf


def duration_of(value: object) -> float | None:
    """This will give a usable duration in seconds, or nothing."""
    found = seconds_of(value)
    return found if found is not None and 0 < found <= LONGEST_DURATION else None


def window_of(value: object, *, per_second: float = 1.0) -> Window:
    """This will give [start, end] as seconds, NaN where numbers are missing; other shapes are refused."""
    if not isinstance(value, list) or len(value) != 2:
        raise UnreadableRowError(f"the window is {shown(value)}; [start, end] is accepted")
    start, end = seconds_of(value[0]), seconds_of(value[1])
    if start is None or end is None:
        return _NO_NUMBER
    return (start, end) if per_second == 1.0 else (start / per_second, end / per_second)
