"""Names of classes: a list in a file, or what labels say."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.jsonfile import refuse_large
from mtkd_engine.data.labelled.rows import LONGEST_CLASS, MOST_CLASSES

FILE = "classes.json"
SOURCES = "sources.csv"
_LARGEST_LIST = 16 << 20
_LARGEST_SOURCES = 1 << 30


def read_classes(path: Path) -> tuple[str, ...]:
    """This will read a JSON list of class names in the order of their numbers; raises DataError."""
    refuse_large(path, most_bytes=_LARGEST_LIST)
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path.name} is not valid JSON ({' '.join(str(error).split())[:120]}).") from None
    if not isinstance(stated, list):
        raise DataError(f"{path.name} holds {shown(stated)}; a list of class names is accepted.")
    return checked_classes(stated, where=path.name)


def checked_classes(names: Sequence[object], *, where: str) -> tuple[str, ...]:
    """This will give class names as they are, or raise DataError: each a short text on one line, each once."""
    if not 1 <= len(names) <= MOST_CLASSES:
        raise DataError(f"{where}: given {len(names):,} classes, accepted are 1 to {MOST_CLASSES:,}.")
    seen: set[str] = set()
    for name in names:
        if (
            not isinstance(name, str)
            or not name.strip()
            or not name.isprintable()
            or len(name) > LONGEST_CLASS
        ):
            raise DataError(
                f"{where}: given the class {shown(name)}, accepted is a name of up to {LONGEST_CLASS} characters on "
                "one line."
            )
        if name in seen:
            raise DataError(f"{where}: the class {shown(name)} appears twice; each name may appear once.")
        seen.add(name)
    return tuple(str(name) for name in names)


def read_sources(path: Path) -> dict[str, str]:
    """This will read a CSV with the columns id and source: what must not lie on both sides of a split."""
    refuse_large(path, most_bytes=_LARGEST_SOURCES)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            if not {"id", "source"} <= set(rows.fieldnames or ()):
                raise DataError(
                    f"{path.name} has the columns {shown(rows.fieldnames)}; id and source are accepted."
                )
            return {row["id"]: row["source"] for row in rows if row["id"] and row["source"]}
    except (OSError, ValueError, csv.Error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path.name} is no readable CSV ({error}).") from None
