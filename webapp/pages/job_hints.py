"""What the table of jobs says of names of final metrics that none of its jobs has: most are misspelled."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.models import Project
from jobs.operations.judging import near_names
from jobs.queries.final_metrics import TEST, names_in
from jobs.queries.table.rows import Row
from webapp.forms.job_table import Asked


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
