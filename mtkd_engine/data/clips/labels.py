"""What labels count: names or numbers, from 0 or from 1, held against the names of classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.classes import checked_classes
from mtkd_engine.data.labelled.rows import MOST_CLASSES, UNKNOWN, Found

Said = tuple[int | None, str | None]
"""The number and the name of a class, as far as they are said."""


@dataclass(frozen=True)
class Labels:
    """The classes in their order and the number that the first of them has in what was handed in."""

    classes: tuple[str, ...]
    first: int
    is_named: bool
    found: tuple[Found, ...] = ()

    def of(self, said: Said, numbers: dict[str, int]) -> int:
        """This will give the place of a class, or UNKNOWN; `numbers` are those of the names."""
        number, name = said
        if number is None:
            return UNKNOWN if name is None else numbers.get(name, UNKNOWN)
        return number - self.first if 0 <= number - self.first < len(self.classes) else UNKNOWN


def labels_of(said: Iterable[Said], *, listed: Sequence[str] | None, where: str) -> Labels:
    """This will tell the classes that labels count; raises DataError where they contradict each other.

    `listed` are the names of classes where somebody listed them. Numbers that reach from 1 to the number of the
    names count from 1; without names, numbers that lack 0 do.
    """
    numbers: set[int] = set()
    names: set[str] = set()
    by_number: dict[int, str] = {}
    for number, name in said:
        if number is None:
            if name is not None:
                names.add(name)
            continue
        numbers.add(number)
        if name is not None and listed is None and by_number.setdefault(number, name) != name:
            raise DataError(
                f"{where}: the label {number} is named {shown(by_number[number])} and {shown(name)}; one name for "
                "each is accepted."
            )
        if len(names) > MOST_CLASSES or len(numbers) > 2 * MOST_CLASSES:
            raise DataError(f"{where}: there are more than {MOST_CLASSES:,} classes; fewer are accepted.")
    if listed is not None:
        return _of_listed(numbers, checked_classes(listed, where=where))
    if names and numbers and not names <= set(by_number.values()):
        raise DataError(
            f"{where}: some labels are numbers ({min(numbers)}) and others names ({shown(min(names))}); one of "
            "them is accepted, or a classes.json that lists the names."
        )
    if names and not numbers:
        return Labels(checked_classes(sorted(names), where=where), first=0, is_named=True)
    return _of_numbers({number for number in numbers if number >= 0}, by_number, where=where)


def _of_listed(numbers: set[int], classes: tuple[str, ...]) -> Labels:
    first, found = 0, []
    if numbers and min(numbers) >= 1:
        if max(numbers) == len(classes):
            first = 1
            found.append(Found("labels_from_one", f"labels reach from {min(numbers)} to {max(numbers)}"))
        elif max(numbers) < len(classes):
            found.append(Found("labels_maybe_from_one", f"the lowest label is {min(numbers)}"))
    return Labels(classes, first=first, is_named=True, found=tuple(found))


def _of_numbers(numbers: set[int], by_number: dict[int, str], *, where: str) -> Labels:
    if not numbers:
        raise DataError(f"{where}: there is no usable label; whole numbers from 0 or names are accepted.")
    if max(numbers) > MOST_CLASSES:
        raise DataError(
            f"{where}: a label is {max(numbers):,}; whole numbers up to {MOST_CLASSES:,} are accepted."
        )
    first = min(*numbers, 1)
    names = [by_number.get(number, str(number)) for number in range(first, max(numbers) + 1)]
    found = [Found("labels_from_one", f"the lowest label is {min(numbers)}")] if first else []
    classes = checked_classes(names, where=where)
    return Labels(classes, first=first, is_named=bool(by_number), found=tuple(found))
