"""What a confined process says of the videos it read: a stranger's word, of the expected kinds and sizes or nothing."""

from __future__ import annotations

import json
import math
import os
import stat
from pathlib import Path
from typing import Any

from mtkd_engine.data.video.errors import CODES
from mtkd_engine.data.video.limits import HIGHEST_RATE, LONGEST_SIDE, Bounds
from mtkd_engine.data.video.outcomes import Ingested, Refused

SAID = "said.jsonl"
_LARGEST_PART = 8 << 20
_MOST_NOTES = 20
_LONGEST_TEXT = 400


def new_lines(path: Path, *, after: int) -> tuple[list[bytes], int]:
    """This will give the whole lines behind a place in a file, and where they end; none while there is no file.

    Raises ValueError for what is no plain file, or a line without an end.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return [], after
    except OSError:
        raise ValueError("no file") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ValueError("no plain file")
    with os.fdopen(handle, "rb") as file:
        file.seek(after)
        part = file.read(_LARGEST_PART)
    whole = part[: part.rfind(b"\n") + 1]
    if not whole and len(part) == _LARGEST_PART:
        raise ValueError("a line without an end")
    return whole.splitlines(), after + len(whole)


def read_line(line: bytes) -> dict[str, Any]:
    """This will read one line; raises ValueError."""
    try:
        said = json.loads(line)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said


def ingested_of(said: dict[str, Any], *, digest: str, size: int, bounds: Bounds) -> Ingested:
    """This will take what is said of a stream of so many bytes; raises ValueError, TypeError or KeyError."""
    frames, gops, rate, notes = said["frames"], said["gops"], said["rate"], said["notes"]
    count = _whole(frames, most=bounds.frames)
    if not isinstance(rate, float) or not math.isfinite(rate) or not 0 < rate <= HIGHEST_RATE:
        raise ValueError(rate)
    if not isinstance(notes, list) or len(notes) > _MOST_NOTES:
        raise ValueError(notes)
    return Ingested(
        frames=count,
        rate=rate,
        width=_whole(said["width"], most=LONGEST_SIDE),
        height=_whole(said["height"], most=LONGEST_SIDE),
        gops=_groups(gops, frames=count),
        notes=tuple(_text(note) for note in notes),
        sha256=digest,
        size=size,
    )


def refused_of(said: dict[str, Any], *, name: str) -> Refused:
    """This will take a refusal; raises ValueError, TypeError or KeyError."""
    if said["code"] not in CODES:
        raise ValueError(said["code"])
    return Refused(said["code"], f"{name} {_text(said['said'])}")


def _groups(given: object, *, frames: int) -> tuple[int, ...]:
    if not isinstance(given, list) or not given or type(given[0]) is not int or given[0] != 0:
        raise ValueError(given)
    for before, after in zip(given, [*given[1:], frames], strict=True):
        if type(after) is not int or after <= before:
            raise ValueError(given)
    return tuple(given)


def _whole(given: object, *, most: int) -> int:
    if type(given) is not int or not 0 < given <= most:
        raise ValueError(given)
    return given


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(given)
    return "".join(c if c.isprintable() else "?" for c in given)[:_LONGEST_TEXT]
