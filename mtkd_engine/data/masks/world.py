"""The generated world of masks as a dataset folder.

train/images, train/masks, val/..., test/...   PNG; masks with a palette, the number of the class of each pixel
classes.json                                   the class names in the order of their numbers
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.masks.dataset import VOID
from mtkd_engine.data.masks.drawing import CLASSES, COLOURS, draw
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.data.split import SPLITS

_FEWEST, _SMALLEST, _LARGEST = 3, 16, 512
_WHITE = (255, 255, 255)


@dataclass(frozen=True)
class PicturesPerSplit:
    """How many pictures each split gets."""

    train: int = 400
    val: int = 100
    test: int = 200


def make_masks(
    out: Path,
    *,
    pictures: PicturesPerSplit = PicturesPerSplit(),
    size: int = 32,
    classes: int = len(CLASSES),
    difficulty: float = 0.5,
    seed: int = 7,
) -> dict[str, Any]:
    """This will write pictures of shapes with their masks into the new folder `out` and report on them.

    All or nothing is written. Every shape is of a class, the ground is one as well, and edges are void. Colour tells
    the class the less often, and there is the more noise, the higher `difficulty` (0 to 1) is. The same arguments give
    the same pixels. Raises DataError for arguments out of range and for a folder that is there.
    """
    _refuse_odd(size=size, classes=classes, difficulty=difficulty, seed=seed)
    with new_folder(out) as folder:
        for number, split in enumerate(SPLITS):
            random = np.random.default_rng([seed, number])
            for kind in ("images", "masks"):
                (folder / split / kind).mkdir(parents=True)
            for row in range(asdict(pictures)[split]):
                drawn = draw(size=size, classes=classes, difficulty=difficulty, random=random)
                name = f"{row:05d}.png"
                Image.fromarray(drawn.picture).save(folder / split / "images" / name, compress_level=1)
                mask = Image.fromarray(drawn.mask)
                mask.putpalette(_palette(classes))
                mask.save(folder / split / "masks" / name, compress_level=1)
        (folder / "classes.json").write_text(json.dumps(CLASSES[:classes]), encoding="utf-8")
    return {
        "task": "segmentation",
        "seed": seed,
        "size": size,
        "difficulty": difficulty,
        "classes": list(CLASSES[:classes]),
        "splits": asdict(pictures),
    }


def _palette(classes: int) -> bytes:
    levels = np.zeros((256, 3), np.uint8)
    levels[:classes] = COLOURS[:classes]
    levels[VOID] = _WHITE
    return levels.tobytes()


def _refuse_odd(*, size: int, classes: int, difficulty: float, seed: int) -> None:
    if not _SMALLEST <= size <= _LARGEST:
        raise DataError(f"size: given {size}, accepted are {_SMALLEST} to {_LARGEST} pixels.")
    if not _FEWEST <= classes <= len(CLASSES):
        raise DataError(f"classes: given {classes}, accepted are {_FEWEST} to {len(CLASSES)}.")
    if not 0 <= difficulty <= 1:
        raise DataError(f"difficulty: given {difficulty}, accepted is a number from 0 to 1.")
    if seed < 0:
        raise DataError(f"seed is {seed}; 0 or a larger whole number is accepted.")
