"""Images that lie about themselves, and tables of them that lie about their rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tests.images_double import file_of, huge_png, pixels, png, write_folders
from tests.security.hostile.base import Case


def _folders(content: bytes, folder: Path) -> Path:
    """A healthy dataset with one image more."""
    names = [f"{split}/{name}/0.png" for split in ("train", "val", "test") for name in ("cat", "dog")]
    images = {name: png(number) for number, name in enumerate(names)}
    return write_folders(folder / "pets", {**images, "train/cat/odd.png": content})


def _table(changes: dict[str, object], folder: Path) -> Path:
    target = folder / "tables"
    target.mkdir()
    for number, split in enumerate(("train", "val", "test")):
        rows = {"image": [png(10 * number + row) for row in range(4)], "label": [0, 1, 0, 1]}
        pq.write_table(
            pa.table({**rows, **(changes if split == "train" else {})}), target / f"{split}.parquet"
        )
    return target


def _cut_table(folder: Path) -> Path:
    path = _table({}, folder) / "train.parquet"
    path.write_bytes(path.read_bytes()[:-40] + b"\xff" * 32 + path.read_bytes()[-8:])
    return path.parent


def _classes(text: str, folder: Path) -> Path:
    target = _table({}, folder)
    (target / "classes.json").write_text(text)
    return target


def _photograph(share: float) -> bytes:
    whole = file_of(Image.fromarray(pixels(5, width=80, height=80)), "JPEG", quality=95)
    return whole[: int(share * len(whole))]


def _one(name: str, label: str, content: Callable[[], bytes], repair: str = "drop_images") -> Case:
    return Case(name, label, "dataset", lambda folder: _folders(content(), folder), repair, "repairable")


CASES = (
    _one("image bomb", "100,000 pixels a side", lambda: huge_png(100_000, 100_000)),
    _one("image bomb", "a line of two million pixels", lambda: huge_png(2_000_000, 1)),
    _one("image bomb", "80 million pixels in 1 kB", lambda: huge_png(8_000, 10_000)),
    _one("no image", "a page of HTML", lambda: b"<html><script>alert(1)</script></html>"),
    _one(
        "no image",
        "a drawing with scripts",
        lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
    ),
    _one("no image", "PostScript", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n"),
    _one("image cut short", "half a JPEG", lambda: _photograph(0.5)),
    _one("image cut short", "a PNG without its end", lambda: png(7, width=40, height=40)[:900]),
    _one("image cut short", "nothing at all", lambda: b""),
    Case("table of images", "spoilt footer", "dataset", _cut_table, "train.parquet"),
    Case(
        "table of images",
        "labels out of the world",
        "dataset",
        partial(_table, {"label": [0, 1, 2**40, -1]}),
        "drop_rows",
        "repairable",
    ),
    Case(
        "table of images", "classes are no names", "dataset", partial(_classes, '["cat", 5]'), "the class 5"
    ),
)
