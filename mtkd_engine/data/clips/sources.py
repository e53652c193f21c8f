"""What a clip was cut from, told by the name of its file."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_GROUP = re.compile(r"(v_.+_g\d+)_c\d+", re.IGNORECASE)


def group_of(path: str) -> str | None:
    """This will give the group of a clip of UCF101 (v_Archery_g08_c01.avi), None for other names."""
    found = _GROUP.fullmatch(_stem(path))
    return found[1] if found else None


def film_of(path: str, *, label: str) -> str:
    """This will give what a clip of HMDB51 was cut from: what its name says before the name of its class."""
    stem = _stem(path)
    return stem.partition(f"_{label}_")[0] or stem


def _stem(path: str) -> str:
    return PurePosixPath(path).stem
