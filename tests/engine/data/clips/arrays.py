"""Files of features in every state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.clips.finding import find_clips
from mtkd_engine.data.clips.rows import HandedClips

Arrays = dict[str, Any]


def values(
    count: int = 24, *, rows: int = 3, width: int = 4, seed: int = 0, dtype: str = "f2"
) -> NDArray[Any]:
    """This will give features of noise, (N, T, D)."""
    return np.random.default_rng(seed).standard_normal((count, rows, width)).astype(dtype)


def arrays(**changes: Any) -> Arrays:
    """This will give what a file of features holds, with changes; None leaves an array out."""
    given = {
        "features": values(),
        "labels": np.arange(24, dtype=np.uint8) % 2,
        "is_train": np.arange(24) < 16,
        "video": np.array([f"v{n:02}" for n in range(24)]),
        "classes": np.array(["run", "jump"]),
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def saved(path: Path, *, packed: bool = False, **changes: Any) -> Path:
    """This will write a file of features."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (np.savez_compressed if packed else np.savez)(path, allow_pickle=True, **arrays(**changes))
    return path


def handed(path: Path) -> HandedClips:
    """This will give what is read of a file."""
    return find_clips([path], name="set")
