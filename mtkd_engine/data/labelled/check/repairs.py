"""Changes of labelled samples that a person accepts by name; each takes rows and gives rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.check.seen import Seen, content_of
from mtkd_engine.data.labelled.rows import UNKNOWN, LabelledRow

Rows = list[LabelledRow]


def known_repairs(names: Collection[str], *, known: Collection[str]) -> tuple[str, ...]:
    """This will give the named repairs in the order in which they are made, or refuse unknown names."""
    for name in names:
        if name not in known:
            raise DataError(f"accept: given {shown(name)}, accepted are {', '.join(known)}.")
    return tuple(name for name in known if name in names)


def _known(rows: Rows, _: Mapping[int, Seen]) -> Rows:
    return [row for row in rows if row.label != UNKNOWN]


def _usable(rows: Rows, seen: Mapping[int, Seen]) -> Rows:
    return [row for row in rows if not seen[row.place].fault]


def _unshared(rows: Rows, seen: Mapping[int, Seen]) -> Rows:
    judged = {seen[row.place].sha256 for row in rows if row.split in {"val", "test"}} - {""}
    return [row for row in rows if row.split != "train" or seen[row.place].sha256 not in judged]


def _without_shared_sources(rows: Rows, _: Mapping[int, Seen]) -> Rows:
    for split, judges in (("val", ("test",)), ("train", ("val", "test"))):
        judged = {row.source_id for row in rows if row.split in judges} - {None}
        rows = [row for row in rows if row.split != split or row.source_id not in judged]
    return rows


def _firsts(rows: Rows, seen: Mapping[int, Seen]) -> Rows:
    first: dict[tuple[object, ...], LabelledRow] = {}
    for row in rows:
        first.setdefault(content_of(row, seen), row)
    return list(first.values())


def _trained(rows: Rows, _: Mapping[int, Seen]) -> Rows:
    """Leave out classes that have samples but none in train; none where there is no train."""
    learned = {row.label for row in rows if row.split == "train"}
    return [row for row in rows if row.label in learned or not learned]


REPAIRED: Mapping[str, Callable[[Rows, Mapping[int, Seen]], Rows]] = {
    "drop_rows": _known,
    "drop_images": _usable,
    "drop_clips": _usable,
    "drop_shared": _unshared,
    "drop_shared_sources": _without_shared_sources,
    "drop_duplicates": _firsts,
    "drop_untrained": _trained,
}
