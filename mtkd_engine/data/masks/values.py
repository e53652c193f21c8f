"""What the file of a mask says of each pixel: a number or a colour, before anybody knows what it stands for.

A colour is one whole number: red * 65536 + green * 256 + blue.

Shape suffixes: H and W pixels, C channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.decode import BROKEN, SIXTEEN_BITS, opened, refusal, upright

Form = Literal["numbers", "palette", "colours"]
By = Literal["numbers", "colours"]
Values = NDArray[np.integer[Any]]
LOSSLESS = ("PNG", "BMP", "GIF")
MOST_NUMBER = 65_535
GREY = 0x010101
"""What a number is multiplied by to make it the grey of that level."""


class LossyMaskError(DataError):
    """The mask is of a kind of file that changes values."""


@dataclass(frozen=True)
class Said:
    """The values of a mask, (H, W), and what they are."""

    values_HW: Values
    form: Form
    palette: tuple[int, ...] = ()
    """The colour that each number of a palette is shown in."""

    def by(self, wanted: By) -> Values:
        """This will give numbers, or colours; raises DataError where colours are no numbers.

        Greys are numbers as well, and numbers are greys where they have no palette.
        """
        if (self.form == "colours") == (wanted == "colours"):
            return self.values_HW
        if wanted == "numbers":
            levels_HW = self.values_HW & 0xFF
            if (levels_HW * GREY != self.values_HW).any():
                raise DataError("it is in colours while classes are given by numbers.")
            return levels_HW
        if self.form == "palette":
            return np.array(self.palette, np.int32)[self.values_HW]
        return self.values_HW.astype(np.int32) * GREY


def read_values(content: bytes) -> Said:
    """This will read a mask: PNG, BMP or GIF; raises DataError with one sentence.

    Grey levels and places in a palette are numbers, transparency is passed over, an EXIF orientation is applied.
    """
    try:
        with opened(content) as image:
            if image.format not in LOSSLESS:
                raise LossyMaskError(
                    f"it is {image.format}, which changes values; accepted are {', '.join(LOSSLESS)}."
                )
            if getattr(image, "is_animated", False):
                raise DataError("it is animated; a mask is one picture.")
            return _said(upright(image))
    except DataError:
        raise
    except BROKEN as error:
        raise refusal(error) from None


def _said(image: Image.Image) -> Said:
    if image.mode == "P":
        return Said(np.asarray(image), "palette", _palette(image))
    if image.mode in SIXTEEN_BITS:
        return Said(np.asarray(image).astype(np.int32).clip(0, MOST_NUMBER), "numbers")
    if image.mode in ("L", "LA", "1"):
        grey = image.getchannel(0) if image.mode == "LA" else image
        return Said(np.asarray(grey).astype(np.uint8, copy=False), "numbers")
    return Said(packed(np.asarray(image.convert("RGB"))), "colours")


def packed(levels: NDArray[np.uint8]) -> NDArray[np.int32]:
    """This will make one number of red, green and blue, (..., 3)."""
    colours = levels[..., 0].astype(np.int32)
    for channel in (1, 2):
        colours <<= 8
        colours |= levels[..., channel]
    return colours


def hexadecimal(colour: int) -> str:
    """This will write a colour as #rrggbb."""
    return f"#{colour:06x}"


def _palette(image: Image.Image) -> tuple[int, ...]:
    """All 256 colours; those that the file does not give are black."""
    given = image.getpalette("RGB") or []
    levels = np.zeros((256, 3), np.uint8)
    several = np.array(given[:768], np.uint8).reshape(-1, 3)
    levels[: len(several)] = several
    return tuple(packed(levels).tolist())
