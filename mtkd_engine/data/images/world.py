"""The generated world of images as a dataset folder: what the class is told by, the frame of a picture says.

train.parquet, val.parquet, test.parquet   id, image (PNG), label, and region: the cue that tells the class there
classes.json                               the class names
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.drawing import CLASSES, CUES, draw, make_scenes
from mtkd_engine.data.labelled.classes import FILE
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.data.split import SPLITS

FORMS = ("parquet", "folders")
_AT_ONCE = 1024


@dataclass(frozen=True)
class ImagesPerSplit:
    """How many images each split gets."""

    train: int = 2000
    val: int = 400
    test: int = 800


def make_images(
    out: Path,
    *,
    images: ImagesPerSplit = ImagesPerSplit(),
    size: int = 32,
    classes: int = len(CLASSES),
    difficulty: float = 0.5,
    seed: int = 7,
    form: str = "parquet",
) -> dict[str, Any]:
    """This will write labelled pictures into the new folder `out` and report on them; all or nothing is written.

    Each shows a shape of some colour on stripes. Its frame (white, black, grey) says which of the three is that of
    its class; the others agree the less often, and there is the more noise, the higher `difficulty` (0 to 1) is. So
    who can see one cue only knows a third for sure: experts by region. The same arguments give the same pixels.
    Raises DataError for arguments out of range and for a folder that is there.
    """
    _refuse_odd(size=size, classes=classes, difficulty=difficulty, form=form)
    if seed < 0:
        raise DataError(f"seed is {seed}; 0 or a larger whole number is accepted.")
    counts: dict[str, dict[str, int]] = {}
    with new_folder(out) as folder:
        for number, split in enumerate(SPLITS):
            random = np.random.default_rng([seed, number])
            count = asdict(images)[split]
            scenes = make_scenes(count, classes=classes, difficulty=difficulty, random=random)
            write = _write_table if form == "parquet" else _write_folders
            pixels = [
                draw(part, size=size, difficulty=difficulty, random=random) for part in scenes.parts(_AT_ONCE)
            ]
            files = [_png(one) for several in pixels for one in several]
            write(folder, split, files, scenes.labels_N.tolist(), scenes.regions_N.tolist())
            counts[split] = {cue: int((scenes.regions_N == region).sum()) for region, cue in enumerate(CUES)}
        (folder / FILE).write_text(json.dumps(CLASSES[:classes]), encoding="utf-8")
    return {
        "task": "classification",
        "seed": seed,
        "size": size,
        "difficulty": difficulty,
        "classes": list(CLASSES[:classes]),
        "splits": asdict(images),
        "regions": counts,
    }


def _refuse_odd(*, size: int, classes: int, difficulty: float, form: str) -> None:
    if not 8 <= size <= 512:
        raise DataError(f"size: given {size}, accepted are 8 to 512 pixels.")
    if not 2 <= classes <= len(CLASSES):
        raise DataError(f"classes: given {classes}, accepted are 2 to {len(CLASSES)}.")
    if not 0 <= difficulty <= 1:
        raise DataError(f"difficulty: given {difficulty}, accepted is a number from 0 to 1.")
    if form not in FORMS:
        raise DataError(f"form: given {form!r}, accepted are {', '.join(FORMS)}.")


def _png(pixels: Any) -> bytes:
    target = BytesIO()
    Image.fromarray(pixels).save(target, "PNG", compress_level=1)
    return target.getvalue()


def _write_table(folder: Path, split: str, files: list[bytes], labels: list[int], regions: list[int]) -> None:
    columns = {
        "id": pa.array([f"{split}-{row:05d}" for row in range(len(files))]),
        "image": pa.array(files, pa.binary()),
        "label": pa.array(labels, pa.int16()),
        "region": pa.array([CUES[region] for region in regions]),
    }
    pq.write_table(
        pa.table(columns), folder / f"{split}.parquet", compression="none", row_group_size=_AT_ONCE
    )


def _write_folders(
    folder: Path, split: str, files: list[bytes], labels: list[int], regions: list[int]
) -> None:
    for row, (content, label, region) in enumerate(zip(files, labels, regions, strict=True)):
        target = folder / split / CLASSES[label] / f"{row:05d}-{CUES[region]}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
