"""Rows of a job's per-sample table as CSV or Parquet, as they stand and in the order that was asked for."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from jobs.queries.inspect.table import Rows, Table

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
_AT_ONCE = 5_000


def export(table: Table, rows: Rows, *, form: str) -> Iterator[bytes]:
    """This will write all columns of the rows, `form` is csv or parquet, piece by piece."""
    parts = (rows[start : start + _AT_ONCE] for start in range(0, max(1, len(rows)), _AT_ONCE))
    return (_csv if form == "csv" else _parquet)(table, parts)


def _csv(table: Table, parts: Iterator[Rows]) -> Iterator[bytes]:
    for number, rows in enumerate(parts):
        piece = io.BytesIO()
        options = pa_csv.WriteOptions(include_header=number == 0)
        pa_csv.write_csv(_taken(table, rows), piece, write_options=options)
        yield piece.getvalue()


def _parquet(table: Table, parts: Iterator[Rows]) -> Iterator[bytes]:
    outbox = _Outbox()
    first = _taken(table, next(parts))
    with pq.ParquetWriter(outbox, first.schema) as writer:
        writer.write_table(first)
        for rows in parts:
            yield outbox.drained()
            writer.write_table(_taken(table, rows))
    yield outbox.drained()


class _Outbox(io.RawIOBase):
    """A file that is written from start to end and handed on while it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._written += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._written

    def drained(self) -> bytes:
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found


def _taken(table: Table, rows: Rows) -> pa.Table:
    places = pa.array(rows)
    return pa.table({name: table.read(name).take(places) for name in table.names})
