"""The samples of a sealed dataset with classes: a page of them, those of a class, one of them.

Lines are found by their offsets; only a search or a class reads more than it returns, and no more than SEARCHED lines.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jobs.queries.samples import SEARCHED, SampleLines, offsets_of


@dataclass(frozen=True, kw_only=True)
class ImageFiles(SampleLines):
    """What there is beside the lines: where each image begins in the file of all; None of clips without pictures."""

    offsets: Path | None

    def place_of(self, row: int) -> tuple[int, int]:
        """This will give the first byte of an image and the one behind its last."""
        assert self.offsets is not None
        offsets = np.memmap(self.offsets, dtype="<u8", mode="r")
        return int(offsets[row]), int(offsets[row + 1])


@dataclass(frozen=True, kw_only=True)
class StoredImage:
    """One image or clip and its class; `row` counts over all splits, sizes are in pixels as it is shown.

    `label` is None where a sample has no class of its own, as in dense tasks. A clip or video has `frames`, or rows of
    features, and frames a second; without `is_pictured` there is nothing to show.
    """

    row: int
    id: str
    split: str
    source: str
    label: int | None
    sha256: str
    width: int | None
    height: int | None
    kind: str | None
    frames: int | None = None
    rate: float | None = None
    is_pictured: bool = True

    @property
    def middle(self) -> int:
        """The frame of a clip that its picture shows, 0 of an image."""
        return (self.frames or 0) // 2

    @property
    def seconds(self) -> float | None:
        """How long a clip lasts, None where no rate is known."""
        return self.frames / self.rate if self.frames and self.rate else None


@dataclass(frozen=True, kw_only=True)
class FoundImages:
    """Images of a page, the number of all that match, and whether the search ended before the last line."""

    images: list[StoredImage]
    total: int
    is_cut: bool = False


def list_images(
    files: ImageFiles,
    *,
    split: str = "",
    label: int | None = None,
    text: str = "",
    skip: int = 0,
    limit: int = 60,
) -> FoundImages:
    """This will list images in their order, of one split or all, of one class or all.

    `text` keeps those whose id or source holds it, in either case.
    """
    rows = files.rows(split)
    text = text.strip().lower()
    if not text and label is None:
        return FoundImages(images=read_images(files, list(rows[skip : skip + limit])), total=len(rows))
    matching = [one.row for one in _matching(files, rows[:SEARCHED], label=label, text=text)]
    found = read_images(files, matching[skip : skip + limit])
    return FoundImages(images=found, total=len(matching), is_cut=len(rows) > SEARCHED)


def images_after(
    files: ImageFiles,
    *,
    after: int,
    split: str = "",
    label: int | None = None,
    text: str = "",
    limit: int = 50,
) -> tuple[list[StoredImage], int | None]:
    """This will list the images behind row `after`, as `list_images` does; -1 begins at the first.

    With them comes the row to go on after, None when there is nothing behind it.
    """
    rows = files.rows(split)
    rows = range(max(rows.start, after + 1), rows.stop)
    read = rows[:SEARCHED]
    text = text.strip().lower()
    if not text and label is None:
        read = rows[:limit]
        found = read_images(files, list(read))
    else:
        found = list(itertools.islice(_matching(files, read, label=label, text=text), limit))
        if len(found) == limit:
            read = range(read.start, found[-1].row + 1)
    return found, read[-1] if read and read.stop < rows.stop else None


def read_images(files: ImageFiles, rows: list[int]) -> list[StoredImage]:
    """This will read what is said of the images in the given rows."""
    if not rows:
        return []
    offsets = offsets_of(files)
    found = []
    with files.samples.open("rb") as lines:
        for row in rows:
            lines.seek(int(offsets[row]))
            line = lines.read(int(offsets[row + 1] - offsets[row]))
            found.append(_image(row, line, is_pictured=files.offsets is not None))
    return found


def _matching(files: ImageFiles, rows: range, *, label: int | None, text: str) -> Iterator[StoredImage]:
    """A line that lacks the plain bytes of the text or of the label is not even parsed."""
    if not rows:
        return
    is_plain = text.isascii() and text.isprintable() and not set(text) & set('"\\')
    plain = text.encode() if is_plain else b""
    mark = b"" if label is None else f'"label":{label},'.encode()
    with files.samples.open("rb") as lines:
        lines.seek(int(offsets_of(files)[rows.start]))
        for row, line in zip(rows, lines, strict=False):
            if mark in line and plain in line.lower():
                one = _image(row, line, is_pictured=files.offsets is not None)
                is_of_class = label is None or one.label == label
                if is_of_class and (text in one.id.lower() or text in one.source.lower()):
                    yield one


def _image(row: int, line: bytes, *, is_pictured: bool) -> StoredImage:
    given = json.loads(line)
    return StoredImage(
        row=row,
        id=str(given["id"]),
        split=str(given["split"]),
        source=str(given["source"]),
        label=given.get("label"),
        sha256=str(given.get("sha256") or ""),
        width=given.get("width"),
        height=given.get("height"),
        kind=given.get("kind"),
        frames=given.get("frames"),
        rate=given.get("rate"),
        is_pictured=is_pictured,
    )
