"""Where the samples of a job's table stand in their dataset with classes."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow.compute as pc

from jobs.queries.images import ImageFiles, StoredImage, read_images
from jobs.queries.inspect.classes import filled
from jobs.queries.inspect.table import Rows, Table
from jobs.queries.samples import SPLITS, offsets_of


def images_of(table: Table, files: ImageFiles, rows: Sequence[int] | Rows) -> list[StoredImage | None]:
    """This will find the images of some rows of a table; None for one that the dataset does not have.

    Where a job learned from all samples, an image stands at the same place of its split in both; it is looked for from
    there on, since samples that were left out only bring others further to the front.
    """
    if not len(files.rows("")):
        return [None] * len(rows)
    ids = [str(name) for name in table.take("sample_id", rows)]
    near = _near(table, files, rows)
    first = read_images(files, near)
    found: list[StoredImage | None] = [
        one if one.id == name else None for one, name in zip(first, ids, strict=True)
    ]
    missing = [place for place, one in enumerate(found) if one is None]
    if missing:
        searched = _search(files, {ids[place]: near[place] for place in missing})
        for place in missing:
            found[place] = searched.get(ids[place])
    return found


def _near(table: Table, files: ImageFiles, rows: Sequence[int] | Rows) -> list[int]:
    splits = table.take("split", rows)
    places = {
        split: np.flatnonzero(filled(pc.equal(table.read("split"), split)))
        for split in set(splits) & {*SPLITS}
    }
    last = len(files.rows("")) - 1
    near = []
    for row, split in zip(rows, splits, strict=True):
        place = int(np.searchsorted(places[split], row)) if split in places else 0
        near.append(min(last, (files.rows(split).start if split in places else 0) + place))
    return near


def _search(files: ImageFiles, near: dict[str, int]) -> dict[str, StoredImage]:
    offsets = offsets_of(files)
    found: dict[str, StoredImage] = {}
    with files.samples.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines:
        for name, row in near.items():
            start = int(offsets[row])
            # What lies behind is looked at first: what was left out only brings others further to the front.
            for span in ((start, len(lines)), (0, start)):
                one = next((one for one in _named(files, lines, name, span) if one.id == name), None)
                if one is not None:
                    found[name] = one
                    break
    return found


def _named(files: ImageFiles, lines: mmap.mmap, name: str, span: tuple[int, int]) -> Iterator[StoredImage]:
    """Images whose lines hold a name; a source may have the name of another's sample."""
    offsets = offsets_of(files)
    for spelling in {json.dumps(name, ensure_ascii=ascii_only).encode() for ascii_only in (True, False)}:
        at = lines.find(spelling, *span)
        while at >= 0:
            row = int(np.searchsorted(offsets, at, side="right")) - 1
            yield from read_images(files, [row])
            at = lines.find(spelling, int(offsets[row + 1]), span[1])
