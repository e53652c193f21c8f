"""A case of bad input, and healthy parts to spoil."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

VIDEOS = tuple(f"v{number}" for number in range(12))
HUGE = 100 * 10**9


@dataclass(frozen=True)
class Case:
    """One variant of one class of bad input."""

    name: str
    variant: str
    kind: Literal["dataset", "teacher"]
    make: Callable[[Path], Path]
    words: str
    outcome: Literal["refused", "repairable"] = "refused"

    @property
    def label(self) -> str:
        """Names it in reports."""
        return f"{self.name}: {self.variant}"


def annotations(**changes: Any) -> dict[str, Any]:
    """This will give ActivityNet annotations of twelve videos, with some videos replaced."""
    good = {
        video: {"duration": 10.0, "timestamps": [[1, 4], [5, 9]], "sentences": ["a red dot", "it stops"]}
        for video in VIDEOS
    }
    return {**good, **changes}


def features(videos: Sequence[str] = VIDEOS, width: int = 4) -> dict[str, np.ndarray]:
    """This will give small features for videos."""
    rng = np.random.default_rng(0)
    return {video: rng.standard_normal((6, width)).astype(np.float32) for video in videos}


def world(folder: Path, **changes: Any) -> Path:
    """This will write a healthy dataset, but for the changed videos."""
    root = folder / "data"
    root.mkdir()
    (root / "train.json").write_text(json.dumps(annotations(**changes)))
    np.savez(root / "features.npz", **features())  # type: ignore[arg-type]
    return root


def video(**changes: Any) -> dict[str, Any]:
    """This will give the annotations of one video, with some fields replaced."""
    return {"duration": 10.0, "timestamps": [[1, 4]], "sentences": ["a red dot"], **changes}


class Runs:
    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("a pickle was loaded",))


def zip_of(name: str, members: dict[str, bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        with zipfile.ZipFile(path, "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return path

    return make


def cut(name: str, make: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """Keep the first two thirds of a file that `make` wrote."""

    def cut(folder: Path) -> Path:
        root = make(folder)
        path = root if root.is_file() else root / name
        content = path.read_bytes()
        path.write_bytes(content[: len(content) * 2 // 3])
        return root

    return cut
