"""Which entries there are, when each was used last, and which of them go when room is needed; torch-free."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mtkd_engine.cache.rows.locks import is_used
from mtkd_engine.cache.rows.table import FOLDER, HEADER, read_header, remove

_HALF_MADE_SECONDS = 3600.0
_DAY = 86_400.0
_PAGE = 4096  # what is that small may not have been given blocks yet


@dataclass(frozen=True)
class Entry:
    """One folder of rows: what it says of itself, what it takes of the disk, and when it was used last."""

    folder: Path
    header: dict[str, Any]
    size: int
    used_at: float

    @property
    def is_used(self) -> bool:
        """Whether somebody builds or reads it now."""
        return is_used(self.folder)


def described(entry: Entry) -> dict[str, Any]:
    """This will say what an entry is, for people and programs."""
    named = ("dataset", "split", "count", "classes", "views", "form", "kept", "size", "device")
    return {
        "entry": entry.folder.name,
        "teachers": dict(entry.header.get("sources", [])),
        **{name: entry.header.get(name) for name in named},
        "bytes": entry.size,
        "used_at": datetime.fromtimestamp(entry.used_at, UTC).isoformat(timespec="seconds"),
        "in_use": entry.is_used,
    }


def entries(cache: Path) -> list[Entry]:
    """This will list the entries of a cache, what was used longest ago first."""
    found = [_entry(folder) for folder in (cache / FOLDER).glob("*") if not folder.name.startswith(".")]
    return sorted((entry for entry in found if entry is not None), key=lambda entry: entry.used_at)


def collect(cache: Path, *, days: float | None = None, most_bytes: int | None = None) -> list[Entry]:
    """This will remove what nobody has used for `days`, and more until `most_bytes` are left; returns what went.

    What was used longest ago goes first; what somebody builds or reads now stays, whatever is asked for.
    """
    kept, gone = [], []
    for entry in entries(cache):
        if days is not None and entry.used_at < time.time() - days * _DAY and not entry.is_used:
            remove(entry.folder)
            gone.append(entry)
        else:
            kept.append(entry)
    total = sum(entry.size for entry in kept)
    for entry in kept:
        if most_bytes is None or total <= most_bytes:
            break
        if not entry.is_used:
            remove(entry.folder)
            gone.append(entry)
            total -= entry.size
    _clear_half_made(cache)
    return gone


def _clear_half_made(cache: Path) -> None:
    """What a process left that died while it laid out or removed an entry."""
    for folder in (cache / FOLDER).glob(".*"):
        if _changed_at(folder) < time.time() - _HALF_MADE_SECONDS:
            remove(folder)


def _entry(folder: Path) -> Entry | None:
    header = read_header(folder)
    used_at = _changed_at(folder / HEADER)
    return None if header is None else Entry(folder, header, sum(_sizes(folder)), used_at)


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            yield taken(path.stat())


def taken(file: os.stat_result) -> int:
    """This will give the bytes that a file takes of its disk, where holes, such as rows to come, are none."""
    return min(file.st_size, max(file.st_blocks * 512, _PAGE))


def _changed_at(path: Path) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return time.time()
