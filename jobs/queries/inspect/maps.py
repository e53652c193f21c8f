"""What participants of a dense job say of one sample, pixel by pixel: PNGs by who said it, kept for a few samples.

`maps.parquet` has a row for each sample and participant. A model's name means what it says after training, followed by
` at start` what it said before; `truth` is what it is held against, `student` what a single student says, `solo` what
that says without teachers. Of a video `frame` tells which one is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

MAPS = "maps.parquet"
TRUTH, STUDENT, SOLO = "truth", "student", "solo"
AT_START = " at start"
_COLUMNS = ("sample_id", "participant", "png")


@dataclass(frozen=True)
class Mapped:
    """Who says something of a sample, in the order of the file, and of which frame of a video; 0 of a picture."""

    who: tuple[str, ...] = ()
    frame: int = 0


def mapped_in(file: Any, sample_id: str) -> Mapped:
    """This will list who says something of a sample in an open Parquet file."""
    rows = _rows(file, sample_id)
    if not rows or "frame" not in file.schema_arrow.names:
        return Mapped(tuple(who for who, _, _ in rows))
    _, group, place = rows[0]
    frames = file.read_row_group(group, columns=["frame"], use_threads=False).column("frame")
    return Mapped(tuple(who for who, _, _ in rows), int(frames[place].as_py() or 0))


def map_in(file: Any, sample_id: str, who: str) -> bytes | None:
    """This will read what one participant says of a sample; None where nothing was kept."""
    for one, group, place in _rows(file, sample_id):
        if one == who:
            column = file.read_row_group(group, columns=["png"], use_threads=False).column("png")
            found = column[place].as_py()
            return found if isinstance(found, bytes) else None
    return None


def _rows(file: Any, sample_id: str) -> list[tuple[str, int, int]]:
    """Who, in which group of rows, at which place there: only ids and names are read."""
    if not set(_COLUMNS) <= set(file.schema_arrow.names):
        return []
    found: list[tuple[str, int, int]] = []
    for group in range(file.metadata.num_row_groups):
        table = file.read_row_group(group, columns=list(_COLUMNS[:2]), use_threads=False)
        places = pc.indices_nonzero(pc.equal(table.column("sample_id"), sample_id)).to_pylist()
        names = table.column("participant")
        found += [(str(names[place].as_py()), group, place) for place in places]
    return found
