"""Videos in folders of their class: train/jump/x.mp4, or jump/x.mp4 where no splits are told."""

from __future__ import annotations

from pathlib import PurePosixPath

from mtkd_engine.data.clips.below import Below
from mtkd_engine.data.clips.entries import Entry, Read
from mtkd_engine.data.clips.rows import LONGEST_ID
from mtkd_engine.data.detect import split_named
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.rows import Found

FORMAT = "video_folders"


def are_class_folders(below: Below) -> bool:
    """This will say whether videos lie in two folders or more: a single one is no class."""
    return len({place[1] for place in (_place_of(path) for path in below.videos) if place[1]}) > 1


def read_class_folders(below: Below) -> Read:
    """This will read class and split of every video off the folders that it lies in; raises DataError."""
    has_splits = _has_splits(below)
    entries: list[Entry] = []
    found = [Found("ignored_files", path.name) for path in (*below.lists, *below.arrays, *below.others)]
    for path in below.videos:
        split, label = _place_of(path) if has_splits else (None, PurePosixPath(path).parts[0])
        if label is None or "/" not in path:
            found.append(Found("unreadable_rows", f"{path}: it lies in no folder of a class"))
        elif len(path) > LONGEST_ID or not path.isprintable():
            found.append(Found("unreadable_rows", f"{path[:60]!r}: its path is too long or unprintable"))
        else:
            entries.append(Entry(path, (None, label), split))
    return Read(format=FORMAT, entries=entries, files=(), found=found)


def _has_splits(below: Below) -> bool:
    tops = {PurePosixPath(path).parts[0] for path in below.videos if "/" in path}
    splits = {top for top in tops if split_named(top) is not None}
    name = below.name
    if splits and splits != tops:
        raise DataError(
            f"{name} has the folders {min(splits)!r}, a split, and {min(tops - splits)!r}, which is none; accepted "
            "are folders of splits with folders of classes in them, or folders of classes alone."
        )
    if len({split_named(top) for top in splits}) < len(splits):
        raise DataError(
            f"{name} has several folders for one split ({', '.join(sorted(splits))}); one each is accepted."
        )
    return bool(splits)


def _place_of(path: str) -> tuple[str | None, str | None]:
    """The split and the class that the folders of a video tell where the first of them may be a split."""
    *folders, _ = PurePosixPath(path).parts
    split = split_named(folders[0]) if folders else None
    if split is not None:
        folders.pop(0)
    return split, folders[0] if folders else None
