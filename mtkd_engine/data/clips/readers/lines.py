"""Lists of clips as text, read within bounds, and what one line of them says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.clips.below import VIDEOS
from mtkd_engine.data.clips.labels import Said
from mtkd_engine.data.clips.rows import LONGEST_ID, MOST_CLIPS
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.rows import LONGEST_CLASS

LARGEST_LIST = 256 << 20
_LONGEST_LINE = 2 * (LONGEST_ID + LONGEST_CLASS)
_HEAD = 1 << 16
_FIRST_LINES = 20
_VIDEO = re.compile(
    rf"(?P<path>.+?(?:{'|'.join(re.escape(suffix) for suffix in VIDEOS)})\"?)(?:[\s,;]+(?P<rest>.*))?",
    re.IGNORECASE,
)
_FRAMES = re.compile(r"(?P<path>.+?)[\s,;]+(?P<frames>\d{1,9})(?:[\s,;]+(?P<rest>.*))?")
_GAP = re.compile(r"[\s,;]{16}")
"""What nobody writes, and what would make matching take the square of its length."""
_NUMBER = re.compile(r"-?\d{1,9}")
_NAMED_NUMBER = re.compile(r"(?P<name>.*\S)[\s,;]+(?P<number>-?\d{1,9})")


@dataclass(frozen=True, slots=True)
class Line:
    """A path, how many frames it has where it is a folder of them, and the text of the label."""

    path: str
    frames: int | None
    rest: str


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """This will give the lines of a list that say something, with their numbers from 1; raises DataError."""
    size = path.stat().st_size
    if size > LARGEST_LIST:
        raise DataError(f"{path.name} has {size:,} bytes; a list of up to {LARGEST_LIST:,} is accepted.")
    count = 0
    try:
        with path.open("rb") as stream:
            for number, content in enumerate(stream, start=1):
                line = content.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                if not line:
                    continue
                count += 1
                if count > MOST_CLIPS:
                    raise DataError(f"{path.name} has more than {MOST_CLIPS:,} lines; fewer are accepted.")
                if len(line) > _LONGEST_LINE:
                    raise DataError(
                        f"{path.name}, row {number}: the line has {len(line):,} characters; up to "
                        f"{_LONGEST_LINE:,} are accepted."
                    )
                yield number, line
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not text in UTF-8.") from None


def first_lines(path: Path) -> list[str]:
    """This will give some lines of the beginning of a file, none where it is no text."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD).decode("utf-8-sig", errors="replace")
    except OSError:
        return []
    return [line.strip() for line in head.splitlines() if line.strip()][:_FIRST_LINES]


def parsed(line: str) -> Line | None:
    """This will read `path label` of a video, or `folder frames label`; None for what is neither."""
    if len(line) > _LONGEST_LINE or _GAP.search(line):
        return None
    found = _VIDEO.fullmatch(line)
    if found:
        return Line(found["path"], None, (found["rest"] or "").strip())
    found = _FRAMES.fullmatch(line)
    if found and "##" not in line:
        return Line(found["path"], int(found["frames"]), (found["rest"] or "").strip())
    return None


def said_of(rest: str, *, names: Collection[str] = ()) -> Said | str:
    """This will read a label: a name, a number, or a name with its number; a text says what is wrong with it."""
    rest = rest.strip().strip('"')
    if not rest:
        return "it has no label"
    if rest in names:
        return None, rest
    if _NUMBER.fullmatch(rest):
        return int(rest), None
    is_plain = len(rest) <= 2 * LONGEST_CLASS and not _GAP.search(rest)
    named = _NAMED_NUMBER.fullmatch(rest) if is_plain else None
    if named and _NUMBER.fullmatch(named["name"].split()[-1].strip(",;")):
        return f"it has several labels ({shown(rest)}); one is accepted"
    name = named["name"].strip(",; ") if named else rest
    if not is_plain or len(name) > LONGEST_CLASS or not name.isprintable():
        return (
            f"its label is {shown(rest)}; a number or a name of up to {LONGEST_CLASS} characters is accepted"
        )
    return (int(named["number"]) if named else None), name
