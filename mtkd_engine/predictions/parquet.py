"""One Parquet table: a row a sample, with lists of numbers.

sample_id, and one of: windows list<list<float>> ([start, end] each) and scores list<float> | start and end
list<float> | map list<list<float>> | centre, width and score list<float>; beside them saliency list<float>, where
there is any. The metadata of its schema may state `scale`, and for centres and widths states `unit`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.predictions.content import LARGEST_EXPANDED, MOST_ROWS, Predictions, Unit, made
from mtkd_engine.predictions.layouts import ACCEPTED, LAYOUTS, UNIT, Layout, as_windows, form_of, unit_of
from mtkd_engine.predictions.saliency import NAME as SALIENCY
from mtkd_engine.predictions.saliency import made_saliency

NESTED = ("windows", "map")
MOST_VALUES = 2**28
_BATCH = 1024
_IDS = "sample_id"


@dataclass
class _Column:
    sizes: list[NDArray[np.int64]] = field(default_factory=list)
    values: list[NDArray[Any]] = field(default_factory=list)


def read_parquet(path: Path) -> Predictions:
    """This will read the table in small batches; raises DataError that names the column."""
    try:
        with pq.ParquetFile(path) as file:
            layout = _layout(file.schema_arrow.names, path.name)
            columns = {name: _Column() for name in LAYOUTS[layout]}
            if SALIENCY in file.schema_arrow.names:
                columns[SALIENCY] = _Column()
            names = [_IDS, *columns]
            _check_sizes(file.metadata, names, path.name)
            stated = {
                key.decode("utf-8", "replace"): text.decode("utf-8", "replace")
                for key, text in (file.schema_arrow.metadata or {}).items()
            }
            ids: list[str] = []
            for batch in file.iter_batches(batch_size=_BATCH, columns=names, use_threads=False):
                ids += _ids(batch.column(_IDS), path.name)
                for name, column in columns.items():
                    _add(column, batch.column(name), name=name, file=path.name)
    except (pa.ArrowException, OSError, ValueError) as error:  # pyarrow's errors are partly ValueErrors
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path.name} cannot be read as Parquet ({_brief(error)}).") from None
    return _joined(layout, ids, columns, file=path.name, stated=stated)


def _layout(names: list[str], file: str) -> Layout:
    found: list[Layout] = [layout for layout, wanted in LAYOUTS.items() if set(wanted) <= set(names)]
    if len(found) != 1 or names.count(_IDS) != 1:
        raise DataError(f"{file} has the columns {shown(names)}; accepted is {_IDS} beside {ACCEPTED}.")
    return found[0]


def _check_sizes(metadata: Any, names: list[str], file: str) -> None:
    """A few bytes can stand for millions of repeated values: their number is read first."""
    if metadata.num_rows > MOST_ROWS:
        raise DataError(f"{file} has {metadata.num_rows:,} rows; up to {MOST_ROWS:,} are accepted.")
    size = values = 0
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            if column.path_in_schema.split(".")[0] in names:
                size += column.total_uncompressed_size
                values += column.num_values
    if size > LARGEST_EXPANDED or values > MOST_VALUES:
        raise DataError(
            f"{file} expands to {size:,} bytes of {values:,} values; up to {LARGEST_EXPANDED:,} bytes of "
            f"{MOST_VALUES:,} are accepted."
        )


def _ids(column: pa.Array, file: str) -> list[str]:
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if column.null_count or not (text or pa.types.is_integer(column.type)):
        raise DataError(
            f"{file}: {_IDS} is {column.type} with {column.null_count} empty; texts are accepted."
        )
    return [str(value) for value in column.to_pylist()]


def _add(column: _Column, found: pa.Array, *, name: str, file: str) -> None:
    nested = name in NESTED
    wanted = pa.large_list(pa.float64())
    try:
        lists = found.cast(pa.large_list(wanted) if nested else wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        kind = "list<list<float>>" if nested else "list<float>"
        raise DataError(f"{file}: {name} is {_type(found)}; {kind} is accepted.") from None
    sizes, inner = _opened(lists, name=name, file=file)
    if nested:
        widths, flat = _opened(inner, name=name, file=file)
        # A map of L rows has L columns; a window has two numbers.
        expected = np.repeat(sizes, sizes) if name == "map" else np.full(len(widths), 2)
        if not np.array_equal(widths, expected):
            what = "rows and columns in equal number" if name == "map" else "[start, end]"
            raise DataError(f"{file}: {name} holds lists of other lengths; {what} are accepted.")
        inner = flat
    if inner.null_count:
        raise DataError(f"{file}: {name} has empty values; numbers are accepted.")
    column.sizes.append(sizes)
    column.values.append(inner.to_numpy(zero_copy_only=False))


def _opened(lists: pa.Array, *, name: str, file: str) -> tuple[NDArray[np.int64], pa.Array]:
    if lists.null_count:
        raise DataError(f"{file}: {name} has {lists.null_count} empty rows; lists of numbers are accepted.")
    return np.diff(lists.offsets.to_numpy(zero_copy_only=False)), lists.flatten()


def _joined(
    layout: Layout, ids: list[str], columns: dict[str, _Column], *, file: str, stated: dict[str, str]
) -> Predictions:
    if not ids:
        raise DataError(f"{file} holds no predictions; one row for each sample is accepted.")
    sizes = {name: np.concatenate(column.sizes) for name, column in columns.items()}
    first = LAYOUTS[layout][0]
    for name in LAYOUTS[layout]:
        other = sizes[name]
        if not np.array_equal(other, sizes[first]):
            row = int(np.argmax(other != sizes[first]))
            raise DataError(
                f"{file}, row {row + 1}: sample {shown(ids[row])} has {int(sizes[first][row])} in {first} and "
                f"{int(other[row])} in {name}; as many are accepted."
            )
    values = {name: np.concatenate(column.values) for name, column in columns.items()}
    unit: Unit = "seconds"
    if layout == "windows":
        values["windows"] = values["windows"].reshape(-1, 2)
    elif layout == "regression":
        unit = unit_of(stated.get(UNIT), where=file)
        values |= as_windows(values, unit=unit, sizes=sizes[first], ids=ids, file=file)
    salient = SALIENCY in columns
    return made(
        form=form_of(layout),
        ids=ids,
        sizes=sizes[first],
        values=values,
        file=file,
        scale=stated.get("scale"),
        unit=unit,
        saliency=made_saliency(sizes[SALIENCY], values[SALIENCY], ids=ids, file=file) if salient else None,
    )


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def _type(column: pa.Array) -> str:
    return shown(str(column.type)).strip("'")
