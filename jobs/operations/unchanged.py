"""The value of what was not asked to be changed, where None means "nothing at all"."""

from __future__ import annotations

from enum import Enum


class Unchanged(Enum):
    """Has one member, so that a type says it: `datetime | None | Unchanged`."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED
