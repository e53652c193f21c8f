"""Rows of the table of jobs: found by a query, in an order, a page at a time, with the values of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db.models import F, Q, QuerySet

from jobs.models import FinalMetric, Job, Project
from jobs.queries.table.columns import Column, Plain, column_of, with_sort_key
from jobs.queries.table.filters import TEST, condition
from jobs.queries.table.query import Query


@dataclass(frozen=True, kw_only=True)
class Order:
    """A column, downwards or upwards; jobs without a value come last, equals newest first."""

    column: Column
    descending: bool

    @property
    def name(self) -> str:
        """How addresses spell it."""
        return f"{'-' if self.descending else ''}{self.column.name}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A job with the values of the columns that were asked for; `key` is where it stands in the order."""

    job: Job
    values: Mapping[str, Plain]
    key: tuple[Any, int]


NEWEST_FIRST = Order(column=column_of("id"), descending=True)


def order_of(text: str) -> Order:
    """This will read an order such as `-val/miou`; nothing is newest first. Raises ValueError, a sentence."""
    if not text:
        return NEWEST_FIRST
    descending = text.startswith("-")
    column = column_of(text.removeprefix("-"))
    if column.order is None and column.kind != "metric":
        raise ValueError(f"given {text!r}, accepted is a column with one value; {column.name} has many words")
    return Order(column=column, descending=descending)


def find_jobs(*, project: Project, query: Query) -> QuerySet[Job]:
    """This will select what a query finds in a project, in no order; deleted jobs are nowhere."""
    return Job.objects.order_by().filter(condition(query), project=project, deleted_at__isnull=True)


def rows_after(
    *,
    project: Project,
    query: Query,
    order: Order,
    columns: Sequence[Column],
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    limit: int,
) -> list[Row]:
    """This will read at most `limit` rows that follow the one with the key `after`, the first ones without.

    With the key `before` it reads the last ones that stand before that row, in the same order. It costs three
    questions to the database, however many rows and columns there are.
    """
    keys = _keys(find_jobs(project=project, query=query), order, after=after, before=before, limit=limit)
    jobs = Job.objects.select_related("project", "dataset", "submitted_by", "group").defer("result", "gates")
    found = jobs.in_bulk([job_id for job_id, _ in keys])
    metrics = _metrics(list(found), columns)
    return [
        Row(
            job=found[job_id],
            values={column.name: column.read(found[job_id], metrics.get(job_id, {})) for column in columns},
            key=(sort_key.isoformat() if isinstance(sort_key, datetime) else sort_key, job_id),
        )
        for job_id, sort_key in keys
        if job_id in found
    ]


def _keys(
    jobs: QuerySet[Job],
    order: Order,
    *,
    after: Sequence[Any] | None,
    before: Sequence[Any] | None,
    limit: int,
) -> list[tuple[int, Any]]:
    """Ids with what they are sorted by: rows are wide, and only those of the page are worth reading."""
    if order == NEWEST_FIRST:
        sorted_ = cast(QuerySet[Any], jobs.order_by("-pk").annotate(sort_key=F("pk")))
        behind = Q() if after is None else Q(pk__lt=after[-1])
        ahead = None if before is None else Q(pk__gt=before[-1])
    else:
        key = F("sort_key")
        by = key.desc(nulls_last=True) if order.descending else key.asc(nulls_last=True)
        sorted_ = cast(QuerySet[Any], with_sort_key(jobs, order.column).order_by(by, "-pk"))
        behind = Q() if after is None else _behind(after, descending=order.descending)
        ahead = None if before is None else _ahead(before, descending=order.descending)
    rows = sorted_.values_list("pk", "sort_key")
    if ahead is None:
        return list(rows.filter(behind)[:limit])
    return list(rows.filter(ahead).reverse()[:limit])[::-1]


def _behind(after: Sequence[Any], *, descending: bool) -> Q:
    value, job_id = after
    if value is None:
        return Q(sort_key__isnull=True, pk__lt=job_id)
    further = Q(sort_key__lt=value) if descending else Q(sort_key__gt=value)
    return further | Q(sort_key=value, pk__lt=job_id) | Q(sort_key__isnull=True)


def _ahead(before: Sequence[Any], *, descending: bool) -> Q:
    value, job_id = before
    if value is None:
        return Q(sort_key__isnull=False) | Q(sort_key__isnull=True, pk__gt=job_id)
    nearer = Q(sort_key__gt=value) if descending else Q(sort_key__lt=value)
    return nearer | Q(sort_key=value, pk__gt=job_id)


def _metrics(jobs: Sequence[int], columns: Sequence[Column]) -> dict[int, dict[str, float]]:
    """Those final metrics that columns show, also under their names on test."""
    names = [column.name for column in columns if column.kind == "metric"]
    if not names or not jobs:
        return {}
    wanted = FinalMetric.objects.filter(job__in=jobs, name__in=[*names, *(f"{TEST}{name}" for name in names)])
    found: dict[int, dict[str, float]] = {}
    for job, name, value in wanted.values_list("job_id", "name", "value"):
        found.setdefault(job, {})[name] = value
    return found
