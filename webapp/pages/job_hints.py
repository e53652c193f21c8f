"""What the table of jobs says of its order, and of names of final metrics that none of its jobs has."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.models import Project
from jobs.operations.judging import near_names
from jobs.queries.final_metrics import TEST, names_in
from jobs.queries.table.rows import Row
from webapp.forms.job_table import Asked


def order_hint(asked: Asked) -> list[str]:
    """This will say what the table is sorted by where no column that is shown says it."""
    column = asked.order.column
    if column.name in asked.names or asked.address(sort="") == asked.address():
        return []
    which = "highest or last" if asked.order.descending else "lowest or first"
    return [f"Sorted by {column.name}, {which} on top; the column is not shown."]


def metric_hints(project: Project, asked: Asked, rows: Sequence[Row]) -> list[str]:
    """This will say which metrics of a query that found nothing, or of the order, no ended job has.

    It asks the database only where a name is in doubt.
    """
    doubtful = [] if rows else [term.key for term in asked.query.terms if term.kind == "metric"]
    if asked.order.column.kind == "metric" and rows and rows[0].key[0] is None:
        doubtful.append(asked.order.column.name)
    if not doubtful:
        return []
    known = names_in(project)
    return [
        f"No job that succeeded here lately has a final metric {name!r}{near_names(name, known)}."
        for name in dict.fromkeys(doubtful)
        if name not in known and f"{TEST}{name}" not in known
    ]
