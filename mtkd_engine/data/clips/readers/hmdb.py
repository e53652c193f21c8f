"""The official lists of HMDB51: CLASS_test_splitN.txt with a file and 0 (unused), 1 (train) or 2 (test) on a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mtkd_engine.data.clips.below import Below
from mtkd_engine.data.clips.entries import Entry, Read, apart
from mtkd_engine.data.clips.places import inner_path
from mtkd_engine.data.clips.readers.lines import parsed, read_lines
from mtkd_engine.data.clips.readers.lists import first_division
from mtkd_engine.data.clips.sources import film_of
from mtkd_engine.data.errors import shown
from mtkd_engine.data.labelled.rows import Found

FORMAT = "hmdb51"
_LIST = re.compile(r"(.+)_test_split[1-9]\.txt", re.IGNORECASE)
_SPLITS = {"1": "train", "2": "test"}
_UNUSED = "0"


def lists_of_hmdb(below: Below) -> list[Path]:
    """This will give the official lists below a folder."""
    return [path for path in below.lists if _LIST.fullmatch(path.name)]


def read_hmdb(paths: Sequence[Path]) -> Read:
    """This will read the lists of one division; clips that it does not use are counted. Raises DataError."""
    chosen, noted = first_division(paths)
    entries, found = apart(entry for path in chosen for entry in _entries(path))
    return Read(format=FORMAT, entries=entries, files=chosen, found=[*noted, *found], is_whole=False)


def _entries(path: Path) -> Iterator[Entry | Found]:
    named = _LIST.fullmatch(path.name)
    assert named is not None
    label = named[1]
    for row, text in read_lines(path):
        line = parsed(text)
        if line is None or line.rest not in (_UNUSED, *_SPLITS):
            yield Found("unreadable_rows", f"{shown(text)} is no video with 0, 1 or 2", path.name, row)
        elif line.rest == _UNUSED:
            yield Found("unused_rows", line.path, path.name, row)
        else:
            clip = inner_path(f"{label}/{line.path}", where=f"{path.name}, row {row}")
            source = film_of(clip, label=label)
            yield Entry(clip, (None, label), _SPLITS[line.rest], path.name, row, source=source)
