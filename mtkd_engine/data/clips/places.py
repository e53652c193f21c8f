"""Paths as lists of strangers give them, found among the files that are there, and nowhere else."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from mtkd_engine.data.clips.below import VIDEOS
from mtkd_engine.data.clips.rows import LONGEST_ID
from mtkd_engine.data.errors import DataError, shown

_DRIVE = re.compile(r"[A-Za-z]:")
_TRIED = 200
_MOST_ALIKE = 1000


def inner_path(text: str, *, where: str) -> str:
    """This will give a listed path with slashes; raises DataError where it leads out of the dataset."""
    path = text.strip().strip('"').replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    if path.startswith("/") or _DRIVE.match(path) or ".." in path.split("/"):
        raise DataError(
            f"{where}: {shown(text)} leads out of the dataset; a path below its folder is accepted, without '..'."
        )
    if not path or not path.isprintable() or len(path) > LONGEST_ID:
        raise DataError(
            f"{where}: the path is {shown(text)}; one of up to {LONGEST_ID} characters on one line is accepted."
        )
    return path


class Places:
    """Files or folders that are there, found by the end of their path: lists leave out the folders above."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = set(known)
        self._alike: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._known):
            self._alike[_plain(path).rpartition("/")[2]].append(path)

    def base(self, listed: Sequence[str]) -> str:
        """This will give the folders that a list leaves out: what most of its first paths lie in, "" for nothing."""
        found: Counter[str] = Counter()
        for path in listed[:_TRIED]:
            wanted = _plain(path)
            for known in self._alike.get(wanted.rpartition("/")[2], ())[:_MOST_ALIKE]:
                if f"/{_plain(known)}".endswith(f"/{wanted}"):
                    found[_plain(known)[: -len(wanted)]] += 1
        return min(found, key=lambda base: (-found[base], len(base), base)) if found else ""

    def find(self, listed: str, *, base: str) -> str | None:
        """This will give the path that is there, also where the same video has another ending; None for nothing."""
        path = base + listed
        if path in self._known:
            return path
        wanted = _plain(path)
        alike = [known for known in self._alike.get(wanted.rpartition("/")[2], ()) if _plain(known) == wanted]
        return alike[0] if len(alike) == 1 else None


def _plain(path: str) -> str:
    """A path without the ending of a video."""
    suffix = PurePosixPath(path).suffix
    return path[: -len(suffix)] if suffix.lower() in VIDEOS else path
