"""The table of jobs as CSV: what a query finds, all of it, in its order, with the columns that were chosen."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jobs.models import Project
from jobs.queries.table.columns import Column, Plain
from jobs.queries.table.query import Query
from jobs.queries.table.rows import Order, rows_after

AT_ONCE = 1_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table_csv(*, project: Project, query: Query, order: Order, columns: Sequence[Column]) -> str:
    """This will write a line for each job that is found: its number, then the columns; times are ISO 8601 in UTC."""
    text = io.StringIO()
    writer = csv.writer(text)
    beside = [column for column in columns if column.name != "id"]
    writer.writerow(["id", *(tame(column.name) for column in beside)])
    after: Sequence[Any] | None = None
    while True:
        rows = rows_after(
            project=project, query=query, order=order, columns=beside, after=after, limit=AT_ONCE
        )
        for row in rows:
            writer.writerow([row.job.pk, *(tame(plain(row.values[column.name])) for column in beside)])
        if len(rows) < AT_ONCE:
            return text.getvalue()
        after = rows[-1].key


def plain(value: Plain) -> str | float | int:
    """This will write a value as one cell: lists with commas between, what has a form of its own as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return ", ".join(str(plain(item)) for item in value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def tame(value: Any) -> Any:
    """This will mark a text that a spreadsheet would take for a formula as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
