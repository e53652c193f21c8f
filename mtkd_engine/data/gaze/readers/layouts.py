"""Maps and fixated pixels as picture files beside pictures or videos, told by the names of folders.

images/a.jpg, maps/a.png, fixations/a.png                       pictures, with folders of splits above or below
video/001.AVI, annotation/0001/maps/0001.png, .../fixation/     DHF1K: one picture for each frame, from 1
training/film1/images/0001.png, .../maps/, .../fixation/        Hollywood-2, UCF-Sports: frames as pictures
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.clips.below import VIDEOS, frames_in
from mtkd_engine.data.clips.rows import FrameFolder, Given
from mtkd_engine.data.detect import split_named
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.gaze.rows import Files, Looked
from mtkd_engine.data.images.kinds import SUFFIXES

FORMAT = "gaze_pictures"
_MAPS = frozenset({"map", "maps", "density", "densities", "density_maps", "saliency", "saliency_maps"})
_POINTS = frozenset({"fixation", "fixations", "fixation_maps", "fixmaps", "points"})
_SEEN = frozenset({"image", "images", "stimuli", "frames", "picture", "pictures"})
_ASIDE = frozenset({"annotation", "annotations", "video", "videos"})
"""Folders that say nothing of which sample it is."""
_NUMBER = re.compile(r"(\d+)$")
_MOST_FRAMES = 1_000_000


@dataclass(frozen=True)
class Layout:
    """Files by the key of their sample: what is left of a path without the folders that tell what it is."""

    root: Path
    seen: Mapping[str, Path]
    videos: Mapping[str, Path]
    maps: Mapping[str, Path]
    points: Mapping[str, Path]

    @property
    def is_any(self) -> bool:
        """Whether it has maps or points, and at least half of them are of what is there: maps may be a class, too."""
        told = {*self.maps, *self.points}
        if self.videos:
            told = {_plain(key.rpartition("/")[0]) for key in told}
            return 2 * len(told & {_plain(key) for key in self.videos}) >= max(len(told), 1)
        return 2 * len(told & self.seen.keys()) >= max(len(told), 1)


@dataclass(frozen=True)
class Laid:
    """One sample of a layout."""

    sample_id: str
    split: str | None
    given: Given
    looked: Looked


def layout_of(root: Path, paths: Iterable[Path]) -> Layout:
    """This will sort the files below a folder by what the names of their folders say."""
    found: dict[str, dict[str, Path]] = {"seen": {}, "videos": {}, "maps": {}, "points": {}}
    for path in paths:
        if path == root:
            continue
        suffix = path.suffix.lower()
        folders = [folder.lower() for folder in path.relative_to(root).parts[:-1]]
        if suffix in VIDEOS:
            found["videos"][_key(path, root, without=_ASIDE)] = path
        elif suffix in SUFFIXES:
            role = "maps" if _MAPS & set(folders) else "points" if _POINTS & set(folders) else "seen"
            found[role][_key(path, root, without=_MAPS | _POINTS | _SEEN | _ASIDE)] = path
    return Layout(root, found["seen"], found["videos"], found["maps"], found["points"])


def read_layout(layout: Layout, *, name: str) -> list[Laid]:
    """This will put together what belongs to one sample; raises DataError where nothing does."""
    laid = _videos(layout) if layout.videos else _films(layout) if _are_films(layout) else _pictures(layout)
    if not laid:
        raise DataError(
            f"{name}: no map or fixation has the name of a picture or video; accepted are images/a.jpg with "
            "maps/a.png and fixations/a.png, and the folders of DHF1K."
        )
    return laid


def _pictures(layout: Layout) -> list[Laid]:
    return [
        Laid(
            path.relative_to(layout.root).as_posix(),
            _split(key),
            path,
            Looked(points=_files((layout.points.get(key),)), maps=_files((layout.maps.get(key),))),
        )
        for key, path in layout.seen.items()
        if key in layout.maps or key in layout.points
    ]


def _videos(layout: Layout) -> list[Laid]:
    by_name = {_plain(key): key for key in layout.videos}
    films = _by_film(layout)
    return [
        Laid(by_name[film], _split(by_name[film]), layout.videos[by_name[film]], looked)
        for film, looked in films.items()
        if film in by_name
    ]


def _films(layout: Layout) -> list[Laid]:
    keys: dict[str, str] = {}
    folders: dict[str, Path] = {}
    for key, path in layout.seen.items():
        film = _plain(key.rpartition("/")[0])
        keys.setdefault(film, key.rpartition("/")[0])
        folders.setdefault(film, path.parent)
    return [
        Laid(
            keys[film],
            _split(keys[film]),
            FrameFolder(folders[film], len(frames_in(folders[film], count=_MOST_FRAMES))),
            looked,
        )
        for film, looked in _by_film(layout).items()
        if film in folders
    ]


def _are_films(layout: Layout) -> bool:
    """Whether what was seen lies in a folder for each sample, which is no split, with numbered frames."""
    tops = {key.rpartition("/")[0] for key in layout.seen}
    return (
        bool(tops)
        and all(top and split_named(top.rpartition("/")[2]) is None for top in tops)
        and all(_NUMBER.search(key) for key in layout.seen)
    )


def _by_film(layout: Layout) -> dict[str, Looked]:
    """Maps and points frame by frame, by the name of their video."""
    parts: dict[str, dict[str, dict[int, Path]]] = defaultdict(lambda: {"maps": {}, "points": {}})
    for role, several in (("maps", layout.maps), ("points", layout.points)):
        for key, path in several.items():
            film, _, frame = key.rpartition("/")
            if film and (number := _NUMBER.search(frame)):
                parts[_plain(film)][role][int(number[1])] = path
    looked = {}
    for film, roles in parts.items():
        numbers = [*roles["maps"], *roles["points"]]
        first = min(*numbers, 1)
        frames = range(first, max(numbers) + 1)
        if len(frames) > _MOST_FRAMES:
            raise DataError(
                f"{film} has a map or fixations for frame {frames[-1]:,}; up to {_MOST_FRAMES:,} are accepted."
            )
        looked[film] = Looked(
            points=_files([roles["points"].get(number) for number in frames]),
            maps=_files([roles["maps"].get(number) for number in frames]),
        )
    return looked


def _files(paths: Sequence[Path | None]) -> Files:
    return tuple(paths) if any(path is not None for path in paths) else ()


def _key(path: Path, root: Path, *, without: frozenset[str]) -> str:
    *folders, _ = path.relative_to(root).parts
    return "/".join([*(folder for folder in folders if folder.lower() not in without), path.stem])


def _plain(film: str) -> str:
    """The name of a video without splits above it and without zeros before a number: 001 and 0001 are the same."""
    name = film.rpartition("/")[2]
    return name.lstrip("0") or "0" if name.isdecimal() else name


def _split(key: str) -> str | None:
    return next((split for part in key.split("/") if (split := split_named(part))), None)
