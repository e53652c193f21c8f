"""Tables of clips: a CSV whose header names the columns file and label, and perhaps source, split and id."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.clips.below import VIDEOS, Below
from mtkd_engine.data.clips.entries import Entry, Read, apart, by_split
from mtkd_engine.data.clips.places import inner_path
from mtkd_engine.data.clips.readers.lines import LARGEST_LIST, first_lines, said_of
from mtkd_engine.data.clips.rows import LONGEST_ID, MOST_CLIPS
from mtkd_engine.data.detect import split_named, split_of
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.classes import FILE, read_classes
from mtkd_engine.data.labelled.rows import Found

FORMAT = "clip_table"
_FILES = ("file", "path", "filename", "file_name", "clip", "video", "video_path")
_LABELS = ("label", "class", "category", "target", "label_name", "class_name", "action")
_SOURCES = ("source", "source_id", "group")
_IDS = ("id", "sample_id", "clip_id")
_SPLIT = "split"


@dataclass(frozen=True)
class Columns:
    """Names of columns as the header writes them, empty where there is none."""

    file: str
    label: str
    source: str
    split: str
    id: str


def tables_in(below: Below) -> list[Path]:
    """This will give the CSV files whose header names clips and labels, and whose first row names a video."""
    found = []
    for path in below.lists:
        lines = first_lines(path) if path.suffix.lower() == ".csv" else []
        try:
            row = next(csv.DictReader(lines), None)
        except csv.Error:
            continue
        columns = _columns(row) if row else None
        if row and columns and str(row[columns.file]).strip().lower().endswith(VIDEOS):
            found.append(path)
    return found


def read_tables(below: Below, *, paths: Sequence[Path], name: str) -> Read:
    """This will read tables; the split is a column or told by the name of the file. Raises DataError."""
    classes = below.beside(FILE)
    names = frozenset(read_classes(classes)) if classes else frozenset[str]()
    divided = by_split(paths, [split_of(path) for path in paths], name=name)
    entries, found = apart(
        entry for path, split in divided for entry in _entries(path, split=split, names=names)
    )
    if not entries:
        raise DataError(
            f"{name}: its table holds no clip with a label; rows with a file and a label are accepted."
        )
    return Read(format=FORMAT, entries=entries, files=paths, found=found)


def _columns(header: Mapping[str | None, object]) -> Columns | None:
    given = {str(column).strip().lower(): str(column) for column in header if column is not None}
    file, label, source, split, id_ = (
        next((given[name] for name in names if name in given), "")
        for names in (_FILES, _LABELS, _SOURCES, (_SPLIT,), _IDS)
    )
    return Columns(file, label, source, split, id_) if file and label else None


def _entries(path: Path, *, split: str | None, names: frozenset[str]) -> Iterator[Entry | Found]:
    size = path.stat().st_size
    if size > LARGEST_LIST:
        raise DataError(f"{path.name} has {size:,} bytes; a table of up to {LARGEST_LIST:,} is accepted.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            columns = _columns(dict.fromkeys(rows.fieldnames or ()))
            if columns is None:
                raise DataError(
                    f"{path.name} has the columns {shown(rows.fieldnames)}; file and label are needed."
                )
            for count, row in enumerate(rows, start=1):
                if count > MOST_CLIPS:
                    raise DataError(f"{path.name} has more than {MOST_CLIPS:,} rows; fewer are accepted.")
                yield _entry(row, columns, path.name, rows.line_num, split=split, names=names)
    except (OSError, ValueError, csv.Error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path.name} is no readable CSV ({error}).") from None


def _entry(
    row: Mapping[str, str | None],
    columns: Columns,
    file: str,
    line: int,
    *,
    split: str | None,
    names: frozenset[str],
) -> Entry | Found:
    listed, rest = row[columns.file] or "", row[columns.label] or ""
    if not listed.strip():
        return Found("unreadable_rows", "it names no file", file, line)
    path = inner_path(listed, where=f"{file}, row {line}")
    said = said_of(rest, names=names)
    if isinstance(said, str):
        return Found("unreadable_rows", f"{path}: {said}", file, line)
    if columns.split:
        split = split_named(row[columns.split] or "")
        if split is None:
            given = shown(row[columns.split])
            return Found(
                "unreadable_rows",
                f"{path}: its split is {given}; train, val and test are accepted",
                file,
                line,
            )
    sample_id = (row[columns.id] or "").strip() if columns.id else None
    source = (row[columns.source] or "").strip() or None if columns.source else None
    for text in (sample_id, source):
        if text is not None and not (0 < len(text) <= LONGEST_ID and text.isprintable()):
            return Found("unreadable_rows", f"{path}: its id or source is {shown(text)}", file, line)
    return Entry(path, said, split, file, line, sample_id=sample_id, source=source)
