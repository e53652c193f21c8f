"""Small datasets of gaze as somebody hands them in, and what a check says of them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.errors import DatasetRefusedError

Row = tuple[Any, ...]


def picture(seed: int, *, width: int = 24, height: int = 16) -> bytes:
    """This will draw a PNG, another one for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return png(pixels)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """This will write pixels or grey levels as a PNG."""
    written = BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def spots(*places: tuple[int, int], width: int = 24, height: int = 16) -> bytes:
    """This will draw fixated pixels, (row, column) each, white on black."""
    levels = np.zeros((height, width), np.uint8)
    for row, column in places:
        levels[row, column] = 255
    return png(levels)


def table(header: str, rows: Sequence[Row]) -> str:
    """This will write a CSV."""
    return "\n".join([header, *(",".join(map(str, row)) for row in rows), ""])


def problems(report: dict[str, Any]) -> dict[str, int]:
    """This will give how often each problem was found."""
    return {problem["code"]: problem["count"] for problem in report["problems"]}


def refused(folder: Path, **asked: Any) -> dict[str, Any]:
    """This will give the report of a folder that is refused."""
    with pytest.raises(DatasetRefusedError) as refusal:
        check_dataset(folder, **asked)
    return refusal.value.report
