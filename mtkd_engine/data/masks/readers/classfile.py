"""The file that names the classes of masks: JSON, a table or plain lines."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.jsonfile import refuse_large
from mtkd_engine.data.masks.readers.entries import (
    Entry,
    StatedClasses,
    classes_of,
    colour_of,
    number_of,
    value_of,
)
from mtkd_engine.data.masks.values import By

NAMES = (
    "classes.json",
    "classes.csv",
    "classes.txt",
    "class_dict.csv",
    "labelmap.txt",
    "label_colors.txt",
    "labels.txt",
    "objectinfo150.txt",
)
"""Names of such files in small letters, the likeliest first."""
_LARGEST = 4 << 20
_NAME_KEYS = ("name", "class", "label", "class_name")
_NUMBER_KEYS = ("index", "id", "value", "number", "idx", "train_id", "trainid")
_COLOUR_KEYS = ("colour", "color", "rgb")
_LEVELS = (("r", "g", "b"), ("red", "green", "blue"))
_COLOUR_FIRST = re.compile(r"(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})[\s,;:]+(\S.*)")
_COLOUR_AFTER = re.compile(r"([^:]+):(\d{1,3}),(\d{1,3}),(\d{1,3})(?::.*)?")
_NUMBER_FIRST = re.compile(r"(\d{1,5})\s*[:,;\t ]\s*(\S.*)")


def read_class_file(path: Path) -> StatedClasses:
    """This will read the names of classes and what stands for them; raises DataError.

    Accepted are a JSON list of names or of {"name", "index" or "colour"}, a JSON object of names with numbers or
    colours (or with "classes" and "void"), tables with the columns name and index or r, g, b, and lines of a name
    alone, of "7: name", of "64 128 0 name" or of "name:64,128,0".
    """
    try:
        refuse_large(path, most_bytes=_LARGEST)
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not text in UTF-8.") from None
    if path.suffix.lower() == ".json":
        return _of_json(text, where=path.name)
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise DataError(f"{path.name} is empty; names of classes are accepted.")
    table = _table(lines)
    entries = _of_lines(lines, where=path.name) if table is None else _of_rows(table, where=path.name)
    return classes_of(list(entries), where=path.name)


def _of_json(text: str, *, where: str) -> StatedClasses:
    try:
        stated = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} is not valid JSON ({' '.join(str(error).split())[:120]}).") from None
    void: list[tuple[By, int]] = []
    if isinstance(stated, dict) and isinstance(stated.get("classes"), list | dict):
        if (none := stated.get("void")) is not None:
            void = [value_of(none, where=where)]
        stated = stated["classes"]
    if isinstance(stated, list) and stated:
        return classes_of([_of_item(item, where=where) for item in stated], where=where, void=void)
    if isinstance(stated, dict) and stated:
        return classes_of([_of_pair(*pair, where=where) for pair in stated.items()], where=where, void=void)
    raise DataError(
        f"{where} holds {shown(stated)}; a list of class names, or names with numbers or colours, is accepted."
    )


def _of_item(item: object, *, where: str) -> Entry:
    if not isinstance(item, dict):
        return Entry(_text(item, where=where), None, None)
    lower = {str(key).lower(): value for key, value in item.items()}
    name = next((lower[key] for key in _NAME_KEYS if key in lower), None)
    keys = [key for key in (*_COLOUR_KEYS, *_NUMBER_KEYS) if lower.get(key) is not None]
    is_void = any(lower.get(key) is True for key in ("void", "ignore"))
    if not keys:
        return Entry(_text(name, where=where), None, None, is_void)
    return Entry(_text(name, where=where), *value_of(lower[keys[0]], where=where), is_void)


def _of_pair(key: str, value: object, *, where: str) -> Entry:
    if key.isdecimal() and isinstance(value, str) and not value.startswith("#"):
        return Entry(value, "numbers", number_of(key, where=where))
    return Entry(key, *value_of(value, where=where))


def _table(lines: Sequence[str]) -> list[dict[str, str]] | None:
    """Rows by the names of their columns in small letters, None where the first line names none."""
    for delimiter in "\t,;":
        header = [name.strip().lower() for name in next(csv.reader([lines[0]], delimiter=delimiter), [])]
        if len(header) > 1 and any(key in header for key in _NAME_KEYS):
            rows = csv.reader(lines[1:], delimiter=delimiter)
            return [dict(zip(header, (cell.strip() for cell in row), strict=False)) for row in rows if row]
    return None


def _of_rows(rows: Sequence[Mapping[str, str]], *, where: str) -> Iterator[Entry]:
    for row in rows:
        name = next((row[key] for key in _NAME_KEYS if key in row), "")
        value: tuple[By | None, int | None] = (None, None)
        for levels in _LEVELS:
            if all(level in row for level in levels):
                value = "colours", colour_of([row[level] for level in levels], where=where)
        stated: list[Any] = [row[key] for key in (*_COLOUR_KEYS, *_NUMBER_KEYS) if row.get(key)]
        if value[0] is None and stated:
            value = value_of(stated[0], where=where)
        yield Entry(name, *value)


def _of_lines(lines: Sequence[str], *, where: str) -> Iterator[Entry]:
    for line in lines:
        if found := _COLOUR_FIRST.fullmatch(line):
            yield Entry(found[4].strip(), "colours", colour_of(found.groups()[:3], where=where))
        elif found := _COLOUR_AFTER.fullmatch(line):
            yield Entry(found[1].strip(), "colours", colour_of(found.groups()[1:4], where=where))
        elif found := _NUMBER_FIRST.fullmatch(line):
            yield Entry(found[2].strip(), "numbers", number_of(found[1], where=where))
        else:
            yield Entry(line, None, None)


def _text(name: object, *, where: str) -> str:
    if not isinstance(name, str):
        raise DataError(f"{where}: given the class {shown(name)}, accepted is a name.")
    return name
