"""The official lists of UCF101: classInd.txt (numbers from 1), trainlist0N.txt with numbers, testlist0N.txt without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mtkd_engine.data.clips.below import Below
from mtkd_engine.data.clips.entries import Entry, Read, apart, by_split
from mtkd_engine.data.clips.places import inner_path
from mtkd_engine.data.clips.readers.lines import parsed, read_lines
from mtkd_engine.data.clips.readers.lists import first_division
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.rows import Found

FORMAT = "ucf101"
CLASSES = "classind.txt"
_LIST = re.compile(r"(train|val|test)list0?[1-9]\.txt", re.IGNORECASE)
_CLASS = re.compile(r"(\d{1,6})[\s,]+(\S.*)")


def lists_of_ucf(below: Below) -> list[Path]:
    """This will give the official lists below a folder; none where those of train are missing."""
    lists = [path for path in below.lists if _LIST.fullmatch(path.name)]
    return lists if any(_split(path) == "train" for path in lists) else []


def read_ucf(below: Below, *, paths: Sequence[Path], name: str) -> Read:
    """This will read the lists of one division; the folder of a clip says its class. Raises DataError.

    A number that is not that of the folder by classInd.txt makes its line unreadable.
    """
    stated = next((path for path in below.lists if path.name.lower() == CLASSES), None)
    classes = None if stated is None else _classes(stated)
    numbers = {} if classes is None else {label: number for number, label in enumerate(classes, start=1)}
    chosen, noted = first_division(paths)
    divided = by_split(chosen, [_split(path) for path in chosen], name=name)
    entries, found = apart(
        entry for path, split in divided for entry in _entries(path, split=split, numbers=numbers)
    )
    files = [*chosen, *([stated] if stated else [])]
    return Read(format=FORMAT, entries=entries, files=files, found=[*noted, *found], classes=classes)


def _split(path: Path) -> str:
    found = _LIST.fullmatch(path.name)
    assert found is not None
    return found[1].lower()


def _classes(path: Path) -> list[str]:
    classes: list[str] = []
    for number, line in read_lines(path):
        found = _CLASS.fullmatch(line)
        if found is None or int(found[1]) != len(classes) + 1:
            raise DataError(
                f"{path.name}, row {number}: given {shown(line)}, accepted is the number {len(classes) + 1} and the "
                "name of a class."
            )
        classes.append(found[2])
    return classes


def _entries(path: Path, *, split: str | None, numbers: Mapping[str, int]) -> Iterator[Entry | Found]:
    for row, text in read_lines(path):
        line = parsed(text)
        if line is None or line.frames is not None:
            yield Found("unreadable_rows", f"{shown(text)} is no video with a number", path.name, row)
            continue
        clip = inner_path(line.path, where=f"{path.name}, row {row}")
        *_, label, _ = ["", "", *clip.split("/")]
        said = _said(label, line.rest, numbers)
        if isinstance(said, str):
            yield Found("unreadable_rows", f"{clip}: {said}", path.name, row)
        else:
            yield Entry(clip, (None, label), split, path.name, row)


def _said(label: str, rest: str, numbers: Mapping[str, int]) -> str | None:
    if not label:
        return "it lies in no folder of a class"
    if rest and not rest.isdecimal():
        return f"its number is {shown(rest)}"
    if rest and label in numbers and int(rest) != numbers[label]:
        return f"its number is {rest}, that of {label} is {numbers[label]}"
    return None
