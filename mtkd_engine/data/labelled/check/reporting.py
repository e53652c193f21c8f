"""The report on a labelled dataset: what web pages and people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mtkd_engine.data.check.problems import told_repairs
from mtkd_engine.data.labelled.check.examined import Examined, Rows, SeenT
from mtkd_engine.data.labelled.rows import UNKNOWN, LabelledRow
from mtkd_engine.data.labelled.sealing import Statement
from mtkd_engine.data.rows import Problem
from mtkd_engine.data.split import SPLITS

_MOST_FILES = 50
_SHOWN_OF_A_SPLIT = 3


def report_of(
    given: Examined[SeenT],
    statement: Statement,
    rows: Rows,
    *,
    problems: Sequence[Problem],
    accepted: Sequence[str],
    sealed: tuple[str, int] | None,
) -> dict[str, Any]:
    """This will give the report as JSON-ready data; `sealed` is the content hash and the bytes of what was sealed."""
    files = _files(given.handed.files)
    return {
        "kind": "dataset",
        "task": given.task,
        "name": statement.name,
        "format": statement.source_format,
        "sealed": sealed is not None,
        "files": files,
        "splits": given.counted(rows),
        "split_made": statement.split_made,
        "classes": list(statement.classes),
        "class_counts": given.class_counts(rows),
        **given.about(),
        "problems": [asdict(problem) for problem in problems],
        "repairs": told_repairs(problems, titles=given.repairs, accepted=accepted),
        "statistics": given.described(rows),
        "samples": _samples(given, rows),
        "content_hash": None if sealed is None else sealed[0],
        "bytes": sum(file["bytes"] for file in files) if sealed is None else sealed[1],
    }


def _files(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Files by name, or, of too many, the folders that they lie in with what they hold together."""
    sizes = [(path, path.stat().st_size) for path in paths]
    if len(sizes) <= _MOST_FILES:
        return [{"name": path.name, "bytes": size} for path, size in sizes]
    folders: Counter[str] = Counter()
    for path, size in sizes:
        folders[path.parent.name] += size
    return [{"name": f"{name}/", "bytes": size} for name, size in folders.most_common(_MOST_FILES)]


def _samples(given: Examined[SeenT], rows: Sequence[LabelledRow]) -> list[dict[str, Any]]:
    """Some usable samples of every split, spread over it."""
    chosen: list[LabelledRow] = []
    for split in SPLITS:
        usable = [
            row
            for row in rows
            if row.split == split and row.label != UNKNOWN and not given.seen[row.place].fault
        ]
        chosen += usable[:: max(1, len(usable) // _SHOWN_OF_A_SPLIT)][:_SHOWN_OF_A_SPLIT]
    return [
        {"id": row.sample_id, "split": row.split, **given.told(row)} for row in chosen[: given.most_shown]
    ]
