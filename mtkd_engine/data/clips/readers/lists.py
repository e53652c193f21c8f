"""Lists with `path label` of videos or `folder frames label` of raw frames on every line."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from mtkd_engine.data.clips.below import Below
from mtkd_engine.data.clips.entries import Entry, Read, apart, by_split
from mtkd_engine.data.clips.places import Places, inner_path
from mtkd_engine.data.clips.readers.lines import Line, first_lines, parsed, read_lines, said_of
from mtkd_engine.data.clips.rows import UNKNOWN_RATE
from mtkd_engine.data.detect import split_of
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.classes import FILE, read_classes
from mtkd_engine.data.labelled.rows import Found

VIDEO_LIST, FRAME_LIST = "video_list", "frame_list"
_DIVISION = re.compile(r"(?:split[_-]?|list)0*(\d)(?!\d)", re.IGNORECASE)
_FEWEST_FRAMES = 1


def lists_in(below: Below) -> tuple[str, list[Path]] | None:
    """This will give the form of the lists below a folder and which of its files they are, None where there are none.

    Where there are lists of videos and of their frames, those count whose clips are there, videos first.
    """
    by_form: dict[str, list[Path]] = defaultdict(list)
    for path in below.lists:
        lines = [parsed(line) for line in first_lines(path)]
        found = [line for line in lines if line is not None]
        if 2 * len(found) > len(lines):
            of_frames = 2 * sum(line.frames is not None for line in found) > len(found)
            by_form[FRAME_LIST if of_frames else VIDEO_LIST].append(path)
    forms = [form for form in (VIDEO_LIST, FRAME_LIST) if by_form[form]]
    for form in forms:
        if _has_some(by_form[form], below, form=form):
            return form, by_form[form]
    # The reader says which videos are not there; two words and a number may be anything.
    if VIDEO_LIST in forms:
        return VIDEO_LIST, by_form[VIDEO_LIST]
    return None


def read_lists(below: Below, *, form: str, paths: Sequence[Path], name: str) -> Read:
    """This will read the lists; the split is told by their names, a missing label makes a line unreadable.

    Of lists for several divisions (split_1, split_2 ...) those of the first are read. Raises DataError.
    """
    chosen, noted = first_division(paths)
    divided = by_split(chosen, [split_of(path) for path in chosen], name=name)
    if form == FRAME_LIST:
        noted.append(Found("assumed_rate", f"{UNKNOWN_RATE:g} frames a second"))
    classes = below.beside(FILE)
    names = frozenset(read_classes(classes)) if classes else frozenset[str]()
    entries, found = apart(
        entry for path, split in divided for entry in _entries(path, split=split, form=form, names=names)
    )
    if not entries:
        raise DataError(f"{name}: its lists hold no clip with a label; lines with `path label` are accepted.")
    return Read(format=form, entries=entries, files=chosen, found=[*noted, *found])


def first_division(paths: Sequence[Path]) -> tuple[list[Path], list[Found]]:
    """This will give the lists of the first division of a dataset, and say that there are others."""
    by_number: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        number = _DIVISION.search(path.stem)
        by_number[number[1] if number else ""].append(path)
    numbers = sorted(number for number in by_number if number)
    if len(numbers) < 2:
        return list(paths), []
    said = f"split {numbers[0]} of {', '.join(numbers)} is taken"
    return by_number[numbers[0]] + by_number[""], [Found("first_division", said)]


def _entries(path: Path, *, split: str | None, form: str, names: frozenset[str]) -> Iterator[Entry | Found]:
    for number, text in read_lines(path):
        line = parsed(text)
        if line is None or (line.frames is None) != (form == VIDEO_LIST):
            wanted = "`path label`" if form == VIDEO_LIST else "`folder frames label`"
            yield Found("unreadable_rows", f"the line is none of the form {wanted}", path.name, number)
            continue
        yield _entry(line, path.name, number, split=split, names=names)


def _entry(line: Line, file: str, number: int, *, split: str | None, names: frozenset[str]) -> Entry | Found:
    path = inner_path(line.path, where=f"{file}, row {number}")
    said = said_of(line.rest, names=names)
    if line.frames is not None and line.frames < _FEWEST_FRAMES:
        said = "it has no frames"
    if isinstance(said, str):
        return Found("unreadable_rows", f"{path}: {said}", file, number)
    return Entry(path, said, split, file, number, frames=line.frames)


def _has_some(paths: Sequence[Path], below: Below, *, form: str) -> bool:
    """Whether anything that the beginnings of lists name is there."""
    places = Places(below.videos if form == VIDEO_LIST else below.frames)
    for path in paths:
        lines = [line for text in first_lines(path) if (line := parsed(text))]
        listed = [line.path.strip('"').replace("\\", "/").removeprefix("./") for line in lines]
        base = places.base(listed)
        if any(places.find(one, base=base) for one in listed):
            return True
    return False
