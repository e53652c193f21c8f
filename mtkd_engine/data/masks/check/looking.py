"""Every picture and its mask read to their ends once: what they are, which values the mask has, what is wrong."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.check.looking import SeenImage, look, look_at_all
from mtkd_engine.data.images.decode import TooLargeError, TruncatedError
from mtkd_engine.data.masks.rows import HandedMasks
from mtkd_engine.data.masks.values import GREY, By, LossyMaskError, Said, Values, read_values
from mtkd_engine.data.progress import Progress

MOST_DIFFERENT = 1024
"""Values of one mask up to which they are listed."""
_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class SeenPair(SeenImage):
    """What a picture is, and what its mask says before its values stand for classes."""

    form: str = "numbers"
    """What its values are: numbers, palette or colours."""
    values: Sequence[tuple[int, int]] = ()
    """Each value and how many pixels have it."""
    palette: Sequence[tuple[int, int]] = ()
    """The colour that each number of a palette is shown in, of those that pixels have."""
    pixels: Mapping[int, int] = field(default_factory=dict)
    """Pixels of each class and of void, once it is known which there are."""
    unknown: str = ""
    """Values that stand for nothing, as a person reads them."""

    def told(self, by: By) -> dict[int, int] | None:
        """This will count pixels by numbers or colours, as `Said.by` makes them; None where colours are no numbers."""
        counts: Counter[int] = Counter()
        for value, count in self.values:
            wanted = self._by(by, value)
            if wanted is None:
                return None
            counts[wanted] += count
        return dict(counts)

    def _by(self, by: By, value: int) -> int | None:
        if (self.form == "colours") == (by == "colours"):
            return value
        if by == "numbers":
            return value & 0xFF if value == (value & 0xFF) * GREY else None
        return dict(self.palette)[value] if self.form == "palette" else value * GREY


def look_at_pairs(handed: HandedMasks, *, work: Path | None, progress: Progress) -> dict[int, SeenPair]:
    """This will decode picture and mask of every row and say what they are, by place."""
    return look_at_all(handed, partial(_look, handed), SeenPair, work=work, progress=progress)


def _look(handed: HandedMasks, place: int) -> SeenPair:
    seen = SeenPair(**asdict(look(handed.images, place)))
    if seen.fault:
        return seen
    name = handed.masks.named(place)
    if not name:
        return replace(seen, fault="missing_masks", said="it has no mask.")
    try:
        content = handed.masks.encoded(place)
        said = read_values(content)
        height, width = said.values_HW.shape
        if (height, width) != (seen.height, seen.width):
            raise OtherSizeError(
                f"it has {width:,} x {height:,} pixels, accepted is the size of its picture, {seen.width:,} x "
                f"{seen.height:,}."
            )
        counts = _counted(said.values_HW)
    except DataError as error:
        return replace(seen, fault=_fault(error), said=f"its mask {name}: {error}")
    return replace(
        seen,
        truth=hashlib.sha256(content).hexdigest(),
        form=said.form,
        values=sorted(counts.items()),
        palette=_shown(said, counts),
    )


class OtherSizeError(DataError):
    """The mask does not have the size of its picture."""


class TooManyValuesError(DataError):
    """The mask has more different values than any number of classes."""


def _fault(error: DataError) -> str:
    codes = (
        (TooLargeError, "too_large_masks"),
        (TruncatedError, "truncated_masks"),
        (LossyMaskError, "lossy_masks"),
        (OtherSizeError, "other_sizes"),
        (TooManyValuesError, "too_many_values"),
    )
    return next((code for kind, code in codes if isinstance(error, kind)), "undecodable_masks")


def _counted(values_HW: Values) -> dict[int, int]:
    """How many pixels have each value; a part at a time, so that a mask of noise takes no memory."""
    counts: Counter[int] = Counter()
    flat_P = values_HW.reshape(-1)
    for start in range(0, len(flat_P), _AT_ONCE):
        value_V, count_V = np.unique(flat_P[start : start + _AT_ONCE], return_counts=True)
        counts.update(dict(zip(value_V.tolist(), count_V.tolist(), strict=True)))
        if len(counts) > MOST_DIFFERENT:
            raise TooManyValuesError(f"it has more than {MOST_DIFFERENT:,} different values.")
    return dict(counts)


def _shown(said: Said, counts: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple((number, said.palette[number]) for number in counts) if said.form == "palette" else ()
