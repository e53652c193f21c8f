"""Small pictures with masks in the forms in which people hand them in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.images_double import file_of, png, write_folders

SPLITS = ("train", "val", "test")
PALETTE = (200, 0, 0, 0, 200, 0, 0, 0, 200)


def numbers(seed: int, *, classes: int = 3, size: int = 12) -> NDArray[np.uint8]:
    """This will give a class for each pixel, at random."""
    return np.random.default_rng(seed).integers(0, classes, (size, size), dtype=np.uint8)


def mask(seed: int, *, classes: int = 3, size: int = 12) -> bytes:
    """This will give a mask as a grey PNG."""
    return file_of(Image.fromarray(numbers(seed, classes=classes, size=size)))


def shown_mask(seed: int) -> bytes:
    """This will give a mask as a PNG with a palette."""
    image = Image.fromarray(numbers(seed))
    image.putpalette(PALETTE)
    return file_of(image)


def coloured_mask(seed: int) -> bytes:
    """This will give a mask as colours: red, green and black."""
    return file_of(Image.fromarray(np.array([[255, 0, 0], [0, 255, 0], [0, 0, 0]], np.uint8)[numbers(seed)]))


def files(
    *,
    image: str = "{split}/images/{name}.png",
    mask_at: str = "{split}/masks/{name}.png",
    of: Callable[[int], bytes] = mask,
    each: int = 3,
) -> dict[str, bytes]:
    """This will give `each` pairs for every split, all different, by their paths."""
    made = {}
    for number, split in enumerate(SPLITS):
        for row in range(each):
            seed = 100 * number + row
            made[image.format(split=split, name=f"p{row}")] = png(seed)
            made[mask_at.format(split=split, name=f"p{row}")] = of(seed)
    return made


def folder_of(root: Path, made: dict[str, bytes]) -> Path:
    """This will write files below a folder by their paths."""
    return write_folders(root, made)
