"""Which columns of a Parquet file are what: images, labels, ids, sources, splits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.types as of_type

from mtkd_engine.data.detect import split_named
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.labelled.rows import UNKNOWN, LabelledRow

_IMAGES = ("image", "img", "bytes", "image_bytes", "jpg", "png")
_LABELS = ("label", "labels", "fine_label", "class", "target", "category")
_NAMES = ("label_name", "class_name", "label_text", "class")
_IDS = ("id", "sample_id", "image_id")
_SOURCES = ("source", "source_id", "group")
_LONGEST = 300


@dataclass(frozen=True)
class Columns:
    """Names of columns, empty where there is none; `path` is a field of the images that may stand for an id."""

    image: str
    is_struct: bool
    label: str
    label_name: str
    id: str
    source: str
    split: str
    names: tuple[str, ...]
    """The class names that the file itself lists."""

    @property
    def bytes_column(self) -> str:
        """The leaf that holds the bytes."""
        return f"{self.image}.bytes" if self.is_struct else self.image

    @property
    def small(self) -> list[str]:
        """Everything but the images."""
        given = (self.label, self.label_name, self.id, self.source, self.split)
        return list(dict.fromkeys(column for column in given if column))

    def bytes_of(self, table: pa.Table) -> pa.ChunkedArray:
        """This will give the bytes of images out of a table that holds nothing else."""
        column = table.column(0)
        return table.flatten().column(0) if self.is_struct else column

    def row_of(
        self,
        given: Mapping[str, Any],
        *,
        split: str | None,
        stem: str,
        numbers: Mapping[str, int],
        count: int,
        at: tuple[str, int, int],
    ) -> LabelledRow | str:
        """This will give a row, or say what is wrong with it; `at` is its file, its line and its place."""
        file, line, place = at
        value = given[self.label]
        if value is None:
            return "it has no label"
        label = numbers.get(value, UNKNOWN) if isinstance(value, str) else value
        if self.split:
            split = split_named(str(given[self.split]))
            if split is None:
                return f"its split is {shown(given[self.split])}; train, val and test are accepted"
        sample_id = f"{stem}-{line - 1:07d}" if not self.id else given[self.id]
        source = given[self.source] if self.source else None
        for text in (sample_id, source):
            if text is not None and (not str(text).strip() or len(str(text)) > _LONGEST):
                return f"its id or source is {shown(text)}; up to {_LONGEST} characters are accepted"
        if sample_id is None:
            return "it has no id"
        return LabelledRow(
            split=split,
            sample_id=str(sample_id),
            source_id=None if source is None else str(source),
            label=label if isinstance(label, int) and 0 <= label < count else UNKNOWN,
            place=place,
            file=file,
            line=line,
        )


def columns_of(schema: pa.Schema, *, name: str) -> Columns:
    """This will find the columns by name and type, or raise DataError."""
    image = image_column(schema)
    if not image:
        raise DataError(
            f"{name} has no column of images; accepted is 'image', of bytes or of a struct with bytes."
        )
    label = next((found for found in _LABELS if _is_label(schema, found)), "")
    if not label:
        raise DataError(f"{name} has no column of labels; accepted is 'label', of whole numbers or of names.")
    is_number = of_type.is_integer(schema.field(label).type)
    named = next((found for found in _NAMES if found != label and _is_text(schema, found)), "")
    return Columns(
        image=image,
        is_struct=of_type.is_struct(schema.field(image).type),
        label=label,
        label_name=named if is_number else "",
        id=next((found for found in _IDS if _is_text(schema, found) or _is_number(schema, found)), ""),
        source=next(
            (found for found in _SOURCES if _is_text(schema, found) or _is_number(schema, found)), ""
        ),
        split="split" if _is_text(schema, "split") else "",
        names=_listed(schema, label),
    )


def image_column(schema: pa.Schema) -> str:
    """This will name the column that holds images, empty where none does."""
    return next((found for found in _IMAGES if _is_image(schema, found)), "")


def _type(schema: pa.Schema, name: str) -> pa.DataType | None:
    at = schema.get_field_index(name)
    return None if at < 0 else schema.field(at).type


def _is_bytes(kind: pa.DataType | None) -> bool:
    return kind is not None and (of_type.is_binary(kind) or of_type.is_large_binary(kind))


def _is_image(schema: pa.Schema, name: str) -> bool:
    kind = _type(schema, name)
    if kind is not None and of_type.is_struct(kind):
        at = kind.get_field_index("bytes")
        return at >= 0 and _is_bytes(kind.field(at).type)
    return _is_bytes(kind)


def _is_text(schema: pa.Schema, name: str) -> bool:
    kind = _type(schema, name)
    if kind is not None and of_type.is_dictionary(kind):
        kind = kind.value_type
    return kind is not None and (of_type.is_string(kind) or of_type.is_large_string(kind))


def _is_number(schema: pa.Schema, name: str) -> bool:
    kind = _type(schema, name)
    return kind is not None and bool(of_type.is_integer(kind))


def _is_label(schema: pa.Schema, name: str) -> bool:
    return _is_number(schema, name) or _is_text(schema, name)


def _listed(schema: pa.Schema, column: str) -> tuple[str, ...]:
    """The names of a ClassLabel column as the datasets library writes them down."""
    try:
        stated = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        names = stated["info"]["features"][column]["names"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()
    return tuple(names) if isinstance(names, list) else ()
