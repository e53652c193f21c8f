"""Changes of labelled clips that a person accepts by name; each takes rows and gives rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mtkd_engine.data.clips.check.findings import content_of
from mtkd_engine.data.clips.check.problems import REPAIRS
from mtkd_engine.data.clips.seen import Seen
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.images.check.findings import untrained
from mtkd_engine.data.images.rows import UNKNOWN, ImageRow


def known_repairs(names: Collection[str]) -> tuple[str, ...]:
    """This will give the named repairs in the order in which they are made, or refuse unknown names."""
    for name in names:
        if name not in REPAIRS:
            raise DataError(f"accept: given {shown(name)}, accepted are {', '.join(REPAIRS)}.")
    return tuple(name for name in REPAIRS if name in names)


def apply_repairs(
    rows: list[ImageRow], *, names: Collection[str], seen: Mapping[int, Seen], fewest: int
) -> list[ImageRow]:
    """This will make the named repairs in their order; fewer frames than `fewest` are too short."""
    for name in known_repairs(names):
        if name == "drop_short":
            rows = [row for row in rows if seen[row.place].fault or seen[row.place].frames >= fewest]
        else:
            rows = _REPAIRED[name](rows, seen)
    return rows


def _known(rows: list[ImageRow], _: Mapping[int, Seen]) -> list[ImageRow]:
    return [row for row in rows if row.label != UNKNOWN]


def _usable(rows: list[ImageRow], seen: Mapping[int, Seen]) -> list[ImageRow]:
    return [row for row in rows if not seen[row.place].fault]


def _unshared(rows: list[ImageRow], seen: Mapping[int, Seen]) -> list[ImageRow]:
    judged = {seen[row.place].sha256 for row in rows if row.split in {"val", "test"}} - {""}
    return [row for row in rows if row.split != "train" or seen[row.place].sha256 not in judged]


def _without_shared_sources(rows: list[ImageRow], _: Mapping[int, Seen]) -> list[ImageRow]:
    for split, judges in (("val", ("test",)), ("train", ("val", "test"))):
        judged = {row.source_id for row in rows if row.split in judges} - {None}
        rows = [row for row in rows if row.split != split or row.source_id not in judged]
    return rows


def _firsts(rows: list[ImageRow], seen: Mapping[int, Seen]) -> list[ImageRow]:
    first: dict[tuple[object, ...], ImageRow] = {}
    for row in rows:
        first.setdefault(content_of(row, seen), row)
    return list(first.values())


def _trained(rows: list[ImageRow], _: Mapping[int, Seen]) -> list[ImageRow]:
    left = untrained(rows)
    return [row for row in rows if row.label not in left]


_REPAIRED = {
    "drop_rows": _known,
    "drop_clips": _usable,
    "drop_shared": _unshared,
    "drop_shared_sources": _without_shared_sources,
    "drop_duplicates": _firsts,
    "drop_untrained": _trained,
}
