"""Predictions as small PNGs: classes in a palette, or a map in 256 greys.

Shape suffixes: H and W pixels.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LONGEST, LONGEST_OF_MAP = 640, 320
"""Pixels of the longer side; larger pictures are shown smaller, and maps, which are smooth, smaller still."""
_STEPS = (0, 85, 170, 255)


def png_of_classes(classes_HW: NDArray[np.uint8]) -> bytes:
    """This will write an indexed PNG whose values are class numbers, 255 for void."""
    image = Image.fromarray(classes_HW).convert("P")
    image.putpalette(_palette())
    return _written(image.resize(_size(image, LONGEST), Image.Resampling.NEAREST))


def png_of_map(map_HW: NDArray[np.floating]) -> bytes:
    """This will write a grey PNG, 255 where the map is highest; zeros stay zero."""
    most = float(map_HW.max())
    greys = np.rint(map_HW * (255 / most) if most > 0 else np.zeros_like(map_HW)).astype(np.uint8)
    image = Image.fromarray(greys)
    return _written(image.resize(_size(image, LONGEST_OF_MAP), Image.Resampling.BILINEAR))


def _size(image: Image.Image, longest: int) -> tuple[int, int]:
    factor = min(1.0, longest / max(image.size))
    width, height = (max(1, round(side * factor)) for side in image.size)
    return width, height


def _palette() -> list[int]:
    """Colours that differ between neighbours; black for void. Pages may exchange them."""
    colours = [
        (_STEPS[(5 * n + 2) % 4], _STEPS[(3 * n + n // 4 + 1) % 4], _STEPS[(n + n // 2) % 4])
        for n in range(255)
    ]
    return [value for colour in (*colours, (0, 0, 0)) for value in colour]


def _written(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=False, compress_level=6)
    return buffer.getvalue()
