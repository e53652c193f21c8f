"""Where a labelled dataset lies in what was handed in, which often is one folder in another."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from mtkd_engine.data.detect import split_named


def home_of(folder: Path, *, suffixes: Collection[str]) -> Path:
    """This will go down while there is nothing but one folder that is neither a split nor a class.

    A class is known by files with one of these suffixes.
    """
    while folder.is_dir():
        inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
        if (
            len(inside) != 1
            or not inside[0].is_dir()
            or inside[0].is_symlink()
            or split_named(inside[0].name)
            or any(path.suffix.lower() in suffixes for path in inside[0].iterdir() if path.is_file())
        ):
            break
        folder = inside[0]
    return folder
