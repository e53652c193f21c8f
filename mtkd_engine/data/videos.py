"""Playable videos beside annotations, found by the names of their files."""

from collections.abc import Mapping
from pathlib import Path

from mtkd_engine.data.progress import Progress


def find_videos(folder: Path, *, unusable: list[str] | None = None) -> dict[str, Path]:
    """This will find the .mp4 and .webm files below a folder by video id (the name without its ending).

    A file that is none, or is too large, raises DataError, or adds its sentence to `unusable` where given.
    """
    raise NotImplementedError


def copy_videos(videos: Mapping[str, Path], sealed: Path, *, progress: Progress) -> dict[str, str]:
    """This will copy videos to `sealed`/videos under safe names and give "videos/NAME" by video id.

    Copies that lie there complete are kept, so a second call goes on where the first one stopped.
    """
    raise NotImplementedError
