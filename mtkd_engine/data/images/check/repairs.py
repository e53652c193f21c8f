"""Changes of labelled images that a person accepts by name; each takes rows and gives rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.images.check.findings import content_of, untrained
from mtkd_engine.data.images.check.looking import Seen
from mtkd_engine.data.images.check.problems import REPAIRS
from mtkd_engine.data.images.rows import UNKNOWN, ImageRow


def known_repairs(names: Collection[str]) -> tuple[str, ...]:
    """This will give the named repairs in the order in which they are made, or refuse unknown names."""
    for name in names:
        if name not in REPAIRS:
            raise DataError(f"accept: given {shown(name)}, accepted are {', '.join(REPAIRS)}.")
    return tuple(name for name in REPAIRS if name in names)


def apply_repairs(
    rows: list[ImageRow], *, names: Collection[str], seen: Mapping[int, Seen]
) -> list[ImageRow]:
    """This will make the named repairs in their order."""
    for name in known_repairs(names):
        rows = _repaired(rows, name, seen)
    return rows


def _repaired(rows: list[ImageRow], name: str, seen: Mapping[int, Seen]) -> list[ImageRow]:
    if name == "drop_rows":
        return [row for row in rows if row.label != UNKNOWN]
    if name == "drop_images":
        return [row for row in rows if not seen[row.place].fault]
    if name == "drop_shared":
        judged = {seen[row.place].sha256 for row in rows if row.split in {"val", "test"}}
        return [row for row in rows if row.split != "train" or seen[row.place].sha256 not in judged]
    if name == "drop_duplicates":
        first: dict[tuple[object, ...], ImageRow] = {}
        for row in rows:
            first.setdefault(content_of(row, seen), row)
        return list(first.values())
    left = untrained(rows)
    return [row for row in rows if row.label not in left]
