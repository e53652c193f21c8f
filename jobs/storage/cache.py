"""What this host keeps because it may be wanted again, within CACHE_BYTES: what was used longest ago goes first.

`sources/` holds fetched datasets and teachers, `blobs/` copies of large files, and `beliefs/`, `folds/`, `rows/`,
`images/`, `clips/` and `views/` what engines have computed. What is a link to the storage takes no room of its own, nor
do holes in files.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from jobs.storage.hashing import NoRoomError
from mtkd_engine.cache.rows.collect import taken
from mtkd_engine.cache.rows.locks import is_used
from mtkd_engine.cache.rows.table import FOLDER

_BY_ENGINES = ("beliefs", "folds", FOLDER, "images", "clips", "views")
_PARTS = ("sources", "blobs", *_BY_ENGINES)
_FRESH_SECONDS = 600.0  # somebody is about to use it
_DAY = 25 * 3600.0  # file systems note the time of a read once a day only
_MARGIN = 64 << 20


@dataclass(frozen=True)
class Entry:
    """A file or folder of the cache: the bytes that its removal frees, and when it was used last."""

    path: Path
    size: int
    used_at: float


@dataclass(frozen=True)
class InUse:
    """What must stay: folders by name, and whatever engines have used since a time, None when none runs."""

    sources: frozenset[Path] = frozenset()
    since: float | None = None

    def holds(self, entry: Entry) -> bool:
        """This will tell whether an entry must stay."""
        if entry.path in self.sources or entry.used_at > time.time() - _FRESH_SECONDS:
            return True
        part = entry.path.parent.name
        if part == FOLDER and is_used(entry.path):  # by a job that has lasted for long, or without a worker
            return True
        return part in _BY_ENGINES and self.since is not None and entry.used_at > self.since - _DAY


def cache_root() -> Path:
    """This will give the folder of the cache."""
    return Path(settings.MTKD_HOME) / "cache"


def entries() -> list[Entry]:
    """This will list what the cache holds, what was used longest ago first."""
    found = [_entry(path) for part in _PARTS for path in (cache_root() / part).glob("*")]
    return sorted(found, key=lambda entry: entry.used_at)


def make_room(more: int, *, in_use: InUse) -> None:
    """This will remove what was used longest ago until `more` bytes fit into the cache and onto its disk.

    What is in use stays, also where it alone is more than the cache may hold. Raises NoRoomError when the disk
    has no room even then.
    """
    held = entries()
    total = sum(entry.size for entry in held)
    for entry in held:
        if total + more <= settings.CACHE_BYTES and _free() >= more + _MARGIN:
            return
        if not in_use.holds(entry):
            remove(entry.path)
            total -= entry.size
    if more and _free() < more:
        raise NoRoomError(f"{more / 1e9:.1f} GB have to be fetched to {cache_root()}, where less is free.")


def remove(path: Path) -> None:
    """This will remove a file or folder at one moment, whoever looks at it."""
    gone = path.with_name(f".gone-{secrets.token_hex(8)}")
    with contextlib.suppress(OSError):
        path.rename(gone)
        if gone.is_dir():
            shutil.rmtree(gone, ignore_errors=True)
        else:
            gone.unlink()


def _entry(path: Path) -> Entry:
    files = list(_files(path))
    last = [max(file.st_mtime, file.st_atime) for file in files]
    with contextlib.suppress(OSError):
        last.append(path.stat().st_mtime)
    size = sum(taken(file) for file in files if file.st_nlink == 1)
    return Entry(path=path, size=size, used_at=max(last, default=time.time()))


def _files(path: Path) -> Iterable[os.stat_result]:
    for one in path.rglob("*") if path.is_dir() else [path]:
        with contextlib.suppress(OSError):
            if one.is_file():
                yield one.stat()


def _free() -> int:
    root = cache_root()
    while not root.exists():
        root = root.parent
    return shutil.disk_usage(root).free
