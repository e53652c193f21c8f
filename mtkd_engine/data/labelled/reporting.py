"""What reports on labelled datasets of any kind have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mtkd_engine.data.rows import Problem

_MOST_FILES = 50


def told_files(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """This will list files by name, or, of too many, the folders that they lie in with what they hold together."""
    sizes = [(path, path.stat().st_size) for path in paths]
    if len(sizes) <= _MOST_FILES:
        return [{"name": path.name, "bytes": size} for path, size in sizes]
    folders: Counter[str] = Counter()
    for path, size in sizes:
        folders[path.parent.name] += size
    return [{"name": f"{name}/", "bytes": size} for name, size in folders.most_common(_MOST_FILES)]


def told_repairs(
    problems: Sequence[Problem], *, titles: Mapping[str, str], accepted: Sequence[str]
) -> list[dict[str, Any]]:
    """This will list the repairs that problems suggest, in the order of their titles by name."""
    suggested = [problem for problem in problems if problem.repair is not None]
    return [
        {
            "name": name,
            "title": title,
            "count": sum(problem.count for problem in suggested if problem.repair == name),
            "needed": any(problem.repair == name and problem.severity == "error" for problem in suggested),
            "accepted": name in accepted,
        }
        for name, title in titles.items()
        if any(problem.repair == name for problem in suggested)
    ]
