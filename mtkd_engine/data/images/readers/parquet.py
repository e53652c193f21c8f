"""Images in Parquet files: a column of bytes (or of bytes and path), a column of labels; read in pieces."""

from __future__ import annotations

import bisect
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mtkd_engine.data.detect import split_of
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.images.readers.columns import Columns, columns_of, image_column
from mtkd_engine.data.images.rows import HandedImages
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.labelled.classes import FILE, SOURCES, checked_classes, read_classes, read_sources
from mtkd_engine.data.labelled.rows import MOST_CLASSES, Found, LabelledRow

FORMAT = "parquet"
_KEPT = 512 << 20
_MOST_ROWS = 20_000_000
_LARGEST_GROUP = 2 << 30
_BROKEN = (OSError, ValueError, KeyError, IndexError, pa.ArrowException)


class ParquetImages(ImageStore):
    """Images in row groups, of which the last ones used are kept in memory."""

    def __init__(self, files: Sequence[tuple[Path, Columns, pq.ParquetFile]]) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._groups: list[tuple[int, int]] = []
        self._starts: list[int] = []
        self._files = files
        self._kept: OrderedDict[int, pa.ChunkedArray] = OrderedDict()
        at = 0
        for number, (_, _, file) in enumerate(files):
            for group in range(file.num_row_groups):
                self._groups.append((number, group))
                self._starts.append(at)
                at += file.metadata.row_group(group).num_rows
        self._count = at

    def __len__(self) -> int:
        return self._count

    def encoded(self, place: int) -> bytes:
        """This will read the bytes of one row; raises DataError."""
        number = bisect.bisect_right(self._starts, place) - 1
        value = self._column(number)[place - self._starts[number]].as_py()
        if not isinstance(value, bytes):
            raise DataError("the row has no bytes.")
        return value

    def named(self, place: int) -> str:
        """This will name the file and the row."""
        number = bisect.bisect_right(self._starts, place) - 1
        of_file = self._groups[number][0]
        first = next(at for at, (file, _) in zip(self._starts, self._groups, strict=True) if file == of_file)
        return f"{self._files[of_file][0].name}, row {place - first + 1}"

    def _column(self, number: int) -> pa.ChunkedArray:
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
            of_file, group = self._groups[number]
            path, columns, file = self._files[of_file]
            try:
                table = file.read_row_group(group, columns=[columns.bytes_column])
                column = columns.bytes_of(table)
            except _BROKEN as error:
                raise DataError(f"{path.name} cannot be read ({_said(error)}).") from None
            self._kept[number] = column
            while len(self._kept) > 1 and sum(kept.nbytes for kept in self._kept.values()) > _KEPT:
                self._kept.popitem(last=False)
            return column


def has_images(path: Path) -> bool:
    """This will say whether a Parquet file has columns of images and labels; False for what is none."""
    try:
        columns_of(pq.read_schema(path), name=path.name)
    except (DataError, *_BROKEN):
        return False
    return True


def read_parquet(paths: Sequence[Path], *, root: Path, name: str) -> HandedImages:
    """This will list the rows of Parquet files; the split is a column or told by the name of the file.

    Labels are numbers (with names in the file, in a column or in classes.json) or names. Tables without a column of
    images are left out, unless all are. Raises DataError, also for tables that cannot be read.
    """
    if not paths:
        raise DataError(f"{name} holds no Parquet file; accepted are some with the columns image and label.")
    opened = [_opened(path) for path in paths]
    files = [_checked(path, file) for path, file in opened if image_column(file.schema_arrow)]
    if not files:
        files = [_checked(*opened[0])]
    paths = [path for path, _, _ in files]
    splits = _splits_of(paths, [columns for _, columns, _ in files], name=name)
    classes, is_named = _classes_of(files, root)
    sources = read_sources(root / SOURCES) if (root / SOURCES).is_file() else {}
    rows: list[LabelledRow] = []
    said = [Found("ignored_files", path.name, path.name) for path, _ in opened if path not in paths]
    place = 0
    numbers = {label: number for number, label in enumerate(classes)}
    for (path, columns, file), split in zip(files, splits, strict=True):
        for line, given in enumerate(_records(path, columns, file), start=1):
            at = (path.name, line, place)
            found = columns.row_of(
                given, split=split, stem=path.stem, numbers=numbers, count=len(classes), at=at
            )
            place += 1
            if isinstance(found, LabelledRow):
                stated = sources.get(found.sample_id)
                rows.append(found if stated is None else replace(found, source_id=stated))
            else:
                said.append(Found("unreadable_rows", found, path.name, line))
    beside = [root / FILE, root / SOURCES]
    return HandedImages(
        name=name,
        format=FORMAT,
        classes=classes,
        rows=rows,
        store=ParquetImages(files),
        files=(*paths, *(path for path in beside if path.is_file())),
        found=tuple(said),
        is_named=is_named,
    )


def _opened(path: Path) -> tuple[Path, pq.ParquetFile]:
    try:
        return path, pq.ParquetFile(path)
    except _BROKEN as error:
        raise DataError(f"{path.name} is not a readable Parquet file ({_said(error)}).") from None


def _checked(path: Path, file: pq.ParquetFile) -> tuple[Path, Columns, pq.ParquetFile]:
    stated = file.metadata
    largest = max(
        (stated.row_group(group).total_byte_size for group in range(stated.num_row_groups)), default=0
    )
    if stated.num_rows > _MOST_ROWS or largest > _LARGEST_GROUP:
        raise DataError(
            f"{path.name} has {stated.num_rows:,} rows, of which one group takes {largest:,} bytes; up to "
            f"{_MOST_ROWS:,} rows in groups of up to {_LARGEST_GROUP:,} bytes are accepted."
        )
    return path, columns_of(file.schema_arrow, name=path.name), file


def _splits_of(paths: Sequence[Path], columns: Sequence[Columns], *, name: str) -> list[str | None]:
    told = [None if each.split else split_of(path) for path, each in zip(paths, columns, strict=True)]
    without = [
        path for path, split, each in zip(paths, told, columns, strict=True) if not split and not each.split
    ]
    if without and len(without) < len(paths):
        raise DataError(
            f"{name}: the name of {without[0].name} tells no split while those of others do; a split in every name, a "
            "column 'split', or neither anywhere is accepted."
        )
    return told


def _records(path: Path, columns: Columns, file: pq.ParquetFile) -> Iterator[dict[str, Any]]:
    """Give the columns beside the images, a batch at a time."""
    try:
        for batch in file.iter_batches(batch_size=65_536, columns=columns.small):
            yield from batch.to_pylist()
    except _BROKEN as error:
        raise DataError(f"{path.name} cannot be read ({_said(error)}).") from None


def _classes_of(
    files: Sequence[tuple[Path, Columns, pq.ParquetFile]], root: Path
) -> tuple[tuple[str, ...], bool]:
    """The class names and whether somebody gave them: by classes.json, by the file's own list, by a column."""
    if (root / FILE).is_file():
        return read_classes(root / FILE), True
    own = {columns.names for _, columns, _ in files if columns.names}
    if len(own) > 1:
        raise DataError(
            f"the Parquet files state different lists of class names; one list or {FILE} is accepted."
        )
    if own:
        return checked_classes(next(iter(own)), where=files[0][0].name), True
    by_number: dict[int, str] = {}
    by_name: set[str] = set()
    highest = -1
    for path, columns, file in files:
        for given in _records(path, columns, file):
            label, said = given[columns.label], given.get(columns.label_name) if columns.label_name else None
            if isinstance(label, str):
                by_name.add(label)
            elif isinstance(label, int) and 0 <= label < MOST_CLASSES:
                highest = max(highest, label)
                if isinstance(said, str) and by_number.setdefault(label, said) != said:
                    raise DataError(
                        f"{path.name}: the label {label} is named {shown(by_number[label])} and {shown(said)}; one "
                        "name for each is accepted."
                    )
            if len(by_name) > MOST_CLASSES:
                raise DataError(f"{path.name} has more than {MOST_CLASSES:,} classes; fewer are accepted.")
    if by_name:
        return checked_classes(sorted(by_name), where=files[0][0].name), True
    if highest < 0:
        raise DataError(
            f"{files[0][0].name} has no usable label; whole numbers from 0 or names are accepted."
        )
    names = [by_number.get(number, str(number)) for number in range(highest + 1)]
    return checked_classes(names, where=files[0][0].name), bool(by_number)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
