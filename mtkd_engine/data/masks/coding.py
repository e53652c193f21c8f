"""Which class each number or colour of a dataset's masks stands for.

Shape suffixes: H and W pixels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.masks.dataset import MOST_CLASSES, VOID
from mtkd_engine.data.masks.readers.entries import BORDER, StatedClasses
from mtkd_engine.data.masks.values import MOST_NUMBER, By, Values, hexadecimal

BINARY = ("background", "foreground")
_BLACK_AND_WHITE = {0, 255}


@dataclass(frozen=True)
class Coding:
    """The class of each value that is known, 255 for void; all others count as void."""

    classes: tuple[str, ...]
    by: By
    table: Mapping[int, int]
    is_named: bool = True
    """Whether somebody gave the classes names; numbers or colours stand for them otherwise."""

    @classmethod
    def of(cls, stated: StatedClasses | None, *, by: By, found: Collection[int]) -> Coding:
        """This will decide what the values `found` in all masks stand for; raises DataError for too many classes.

        Where nobody says more than two names at the most, 0 and 255 alone are background and foreground. Of a list of
        names the first is 1, and 0 is void, where masks have the number of the last one so counted.
        """
        values = set(found)
        is_binary = by == "numbers" and values == _BLACK_AND_WHITE
        if stated is None and is_binary:
            return cls(BINARY, by, {0: 0, 255: 1}, is_named=False)
        if stated is None:
            return cls._unnamed(values, by=by)
        if is_binary and not stated.is_valued and len(stated.names) == 2:
            return cls(stated.names, by, {0: 0, 255: 1})
        table = dict.fromkeys(stated.void, VOID)
        count = len(stated.names)
        is_plain = not stated.is_valued and stated.values == tuple(range(count))
        first = 1 if is_plain and max(values - stated.void, default=0) == count else 0
        table |= {value + first: number for number, value in enumerate(stated.values)}
        if first:
            table[0] = VOID
        return cls(stated.names, by, table)

    @classmethod
    def _unnamed(cls, found: Collection[int], *, by: By) -> Coding:
        void = {VOID} if by == "numbers" else {BORDER}
        listed = sorted(set(found) - void)
        if len(listed) > MOST_CLASSES:
            raise DataError(
                f"masks have {len(listed):,} different {by}; up to {MOST_CLASSES} classes are accepted, and a file "
                "classes.json says which they are."
            )
        names = tuple(str(value) if by == "numbers" else hexadecimal(value) for value in listed)
        table = dict.fromkeys(void, VOID) | {value: number for number, value in enumerate(listed)}
        return cls(names, by, table, is_named=False)

    def unknown(self, values: Collection[int]) -> list[int]:
        """This will give the values that stand for nothing."""
        return sorted(value for value in values if value not in self.table)

    def written(self, value: int) -> str:
        """This will write a value for a person."""
        return hexadecimal(value) if self.by == "colours" else str(value)

    def apply(self, values_HW: Values) -> NDArray[np.uint8]:
        """This will give the class of each pixel, 255 for void and for what is unknown."""
        known_K, classes_K = self._sorted
        if self.by == "numbers":
            levels = np.full(MOST_NUMBER + 1, VOID, np.uint8)
            levels[known_K] = classes_K
            return levels[values_HW]
        place_HW = np.searchsorted(known_K, values_HW).clip(0, len(known_K) - 1)
        return np.where(known_K[place_HW] == values_HW, classes_K[place_HW], np.uint8(VOID))

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        pairs = sorted(self.table.items())
        return np.array([value for value, _ in pairs], np.int32), np.array(
            [one for _, one in pairs], np.uint8
        )
