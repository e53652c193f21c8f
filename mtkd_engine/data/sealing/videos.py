"""Playable videos beside annotations, found by the names of their files."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.progress import Progress

FOLDER = "videos"
LARGEST = 4 * 2**30
_LONGEST_NAME = 80
# Where each kind says what it is: an MP4 in its first box, a WebM by the mark of EBML.
_MARKS = {".mp4": (4, b"ftyp"), ".webm": (0, b"\x1a\x45\xdf\xa3")}


def find_videos(folder: Path, *, unusable: list[str] | None = None) -> dict[str, Path]:
    """This will find the .mp4 and .webm files below a folder by video id (the name without its ending).

    A file that is none, or is too large, raises DataError, or adds its sentence to `unusable` where given.
    Links and hidden files are passed over; of NAME.mp4 and NAME.webm side by side the first is taken.
    """
    found: dict[str, Path] = {}
    for path in _candidates(folder):
        try:
            _check(path)
            other = found.get(path.stem)
            if other is None:
                found[path.stem] = path
            elif other.parent != path.parent:
                raise DataError(
                    f"{other.relative_to(folder)} and {path.relative_to(folder)} are both video "
                    f"{shown(path.stem)}; one is accepted."
                )
        except DataError as error:
            if unusable is None:
                raise
            unusable.append(str(error))
    return found


def copy_videos(videos: Mapping[str, Path], sealed: Path, *, progress: Progress) -> dict[str, str]:
    """This will copy videos to `sealed`/videos under safe names and give "videos/NAME" by video id.

    Copies that lie there complete are kept, so a second call goes on where the first one stopped.
    """
    names = _names(videos)
    (sealed / FOLDER).mkdir(parents=True, exist_ok=True)
    for done, (video_id, source) in enumerate(videos.items()):
        progress.say("videos", done=done, of=len(videos))
        target = sealed / FOLDER / names[video_id]
        if not target.exists():  # it appears whole or not at all
            partial = target.with_name(f".{target.name}.partial")
            shutil.copyfile(source, partial)
            partial.replace(target)
    progress.say("videos", done=len(videos), of=len(videos))
    return {video_id: f"{FOLDER}/{name}" for video_id, name in names.items()}


def _candidates(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            if path.suffix.lower() in _MARKS and not name.startswith(".") and not path.is_symlink():
                yield path


def _check(path: Path) -> None:
    offset, mark = _MARKS[path.suffix.lower()]
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(offset + len(mark))
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from None
    if start[offset:] != mark:
        raise DataError(
            f"{path.name} is no {path.suffix} video by its first bytes; an MP4 or WebM file is accepted."
        )
    if size > LARGEST:
        raise DataError(f"{path.name} has {size} bytes; videos of up to {LARGEST} are accepted.")


def _names(videos: Mapping[str, Path]) -> dict[str, str]:
    names: dict[str, str] = {}
    taken: set[str] = set()
    for video_id, source in videos.items():
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", video_id).strip("-")[:_LONGEST_NAME]
        if not name or name != video_id or name.casefold() in taken:
            name = f"{name or 'video'}-{hashlib.sha256(video_id.encode()).hexdigest()[:16]}"
        taken.add(name.casefold())
        names[video_id] = name + source.suffix.lower()
    return names
