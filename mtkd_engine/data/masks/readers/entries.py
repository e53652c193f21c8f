"""What files say of the classes of masks: a name, and the number or colour that stands for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.classes import checked_classes
from mtkd_engine.data.masks.dataset import MOST_CLASSES, VOID
from mtkd_engine.data.masks.values import MOST_NUMBER, By

VOID_NAMES = frozenset({"void", "unlabelled", "unlabeled", "ignore", "ignored"})
"""Classes that are none: what a mask says where it tells nothing."""
BORDER = 0xE0E0C0
"""The colour of borders in Pascal VOC, where nothing is told."""
_HEX = re.compile(r"#([0-9a-fA-F]{6})")


@dataclass(frozen=True)
class Entry:
    """One line of such a file; a value of None is its place in the list."""

    name: str
    by: By | None
    value: int | None
    is_void: bool = False


@dataclass(frozen=True)
class StatedClasses:
    """The classes of a dataset in their order, what stands for each in masks, and what stands for none."""

    names: tuple[str, ...]
    by: By
    values: tuple[int, ...]
    void: frozenset[int]
    is_valued: bool
    """Whether the file says what stands for a class; its place in the list does otherwise."""


def classes_of(entries: Sequence[Entry], *, where: str, void: Iterable[tuple[By, int]] = ()) -> StatedClasses:
    """This will put entries in the order of their numbers, colours as they are listed; raises DataError.

    Void is what is named so; besides, unless a class has it, number 255, number 0 where numbers begin at 1 (as in
    ADE20K), and the colour of borders in Pascal VOC.
    """
    kinds = {entry.by for entry in entries}
    if len(kinds) > 1:
        raise DataError(
            f"{where}: some classes have a colour or a number and others have none of that kind; one kind for all of "
            "them is accepted."
        )
    by: By = "colours" if kinds == {"colours"} else "numbers"
    valued = [(place if entry.value is None else entry.value, entry) for place, entry in enumerate(entries)]
    _refuse_repeats(valued, where=where, by=by)
    none = {value for value, entry in valued if entry.is_void or entry.name.strip().lower() in VOID_NAMES}
    listed = [(value, entry.name) for value, entry in valued if value not in none]
    if by == "numbers":
        listed.sort()
    names = checked_classes([name for _, name in listed], where=where)
    if len(names) > MOST_CLASSES:
        raise DataError(
            f"{where}: given {len(names):,} classes, accepted are up to {MOST_CLASSES} beside void."
        )
    values = tuple(value for value, _ in listed)
    none |= {value for kind, value in void if kind == by}
    none |= _usual_void(values, by=by) - set(values)
    return StatedClasses(names, by, values, frozenset(none), None not in kinds)


def colour_of(given: Sequence[object], *, where: str) -> int:
    """This will make one number of red, green and blue, each 0 to 255; raises DataError."""
    levels = [_whole(one) for one in given]
    if len(levels) != 3 or any(level is None or not 0 <= level <= 255 for level in levels):
        raise DataError(
            f"{where}: given the colour {shown(list(given))}, accepted are three numbers of 0 to 255."
        )
    red, green, blue = (level or 0 for level in levels)
    return red << 16 | green << 8 | blue


def number_of(given: object, *, where: str) -> int:
    """This will give the number of a class; raises DataError."""
    number = _whole(given)
    if number is None or not 0 <= number <= MOST_NUMBER:
        raise DataError(
            f"{where}: given the number {shown(given)}, accepted is a whole number of 0 to {MOST_NUMBER:,}."
        )
    return number


def value_of(given: object, *, where: str) -> tuple[By, int]:
    """This will read a number, a colour of three numbers, or one such as #ff8000; raises DataError."""
    if isinstance(given, list | tuple):
        return "colours", colour_of(given, where=where)
    if isinstance(given, str) and (found := _HEX.fullmatch(given.strip())):
        return "colours", int(found[1], 16)
    return "numbers", number_of(given, where=where)


def _whole(given: object) -> int | None:
    if isinstance(given, bool):
        return None
    if isinstance(given, str) and re.fullmatch(r"\s*\d{1,6}\s*", given):
        return int(given)
    return given if isinstance(given, int) else None


def _usual_void(values: Sequence[int], *, by: By) -> set[int]:
    if by == "colours":
        return {BORDER}
    return {VOID, 0} if min(values) == 1 else {VOID}


def _refuse_repeats(valued: Sequence[tuple[int, Entry]], *, where: str, by: By) -> None:
    seen: dict[int, str] = {}
    for value, entry in valued:
        if value in seen and seen[value] != entry.name:
            what = f"colour #{value:06x}" if by == "colours" else f"number {value}"
            raise DataError(
                f"{where}: given the {what} for {shown(seen[value])} and for {shown(entry.name)}, accepted is one "
                "class each."
            )
        seen[value] = entry.name
