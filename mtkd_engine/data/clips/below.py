"""Everything below folders that may belong to a dataset of clips, told by the names of files alone."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.clips.rows import FrameFolder
from mtkd_engine.data.discovery import files_below
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.classes import FILE, SOURCES

VIDEOS = (
    *(".mp4", ".avi", ".mkv", ".webm", ".mov", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv", ".3gp"),
)
LISTS = (".txt", ".csv")
ARRAYS = ".npz"
_FRAME = re.compile(r"(?:(?:img|image|frame)[_-]?)?(\d{1,9})\.(?:jpe?g|png|webp|bmp)", re.IGNORECASE)


@dataclass(frozen=True)
class Below:
    """Files below folders (or one file) by what they may be; paths are relative to their folder, with slashes."""

    roots: tuple[Path, ...]
    videos: dict[str, Path]
    frames: dict[str, FrameFolder]
    """Folders with all of their numbered images."""
    lists: tuple[Path, ...]
    arrays: tuple[Path, ...]
    others: tuple[Path, ...]

    @property
    def name(self) -> str:
        """What to call all of it."""
        return self.roots[0].name

    def beside(self, name: str) -> Path | None:
        """This will give the file of this name that belongs to all clips, None where there is none."""
        return next((path for root in self.roots if (path := _folder(root) / name).is_file()), None)


def look_below(roots: Sequence[Path]) -> Below:
    """This will sort the files below folders; hidden ones and links out of them are left out. Raises DataError.

    Several folders count as one: lists often come in an archive of their own.
    """
    videos: dict[str, Path] = {}
    frames: dict[str, FrameFolder] = {}
    by_suffix: dict[str, list[Path]] = {"list": [], ARRAYS: [], "": []}
    for root in roots:
        counts: Counter[Path] = Counter()
        for path in files_below(root):
            suffix = path.suffix.lower()
            if suffix in VIDEOS:
                videos[_named(path, root, taken=videos)] = path
            elif _FRAME.fullmatch(path.name):
                counts[path.parent] += path.parent != root and not path.is_symlink()
            elif path.name not in (FILE, SOURCES):
                by_suffix["list" if suffix in LISTS else suffix if suffix == ARRAYS else ""].append(path)
        for folder, count in (+counts).items():
            frames[_named(folder, root, taken=frames)] = FrameFolder(folder, count)
    return Below(
        roots=tuple(roots),
        videos=videos,
        frames=frames,
        lists=tuple(by_suffix["list"]),
        arrays=tuple(by_suffix[ARRAYS]),
        others=tuple(by_suffix[""]),
    )


def _folder(root: Path) -> Path:
    return root if root.is_dir() else root.parent


def _named(path: Path, root: Path, *, taken: Collection[str]) -> str:
    """The path below its folder; two clips of one name are none that a list could tell apart."""
    name = path.relative_to(_folder(root)).as_posix()
    if name in taken:
        raise DataError(f"{shown(name)} is in {root.name} and in another folder or archive; one is accepted.")
    return name


def frames_in(folder: Path, *, count: int) -> tuple[Path, ...]:
    """This will give the first `count` numbered images of a folder in the order of their numbers; links are left out.

    Optical flow that lies beside them (flow_x_00001.jpg) is none of them.
    """
    numbered: list[tuple[int, str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            found = _FRAME.fullmatch(entry.name)
            if found and not entry.is_symlink():
                numbered.append((int(found[1]), entry.name))
    return tuple(folder / name for _, name in sorted(numbered)[:count])
