"""Terms of a query as conditions on the rows of jobs."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import reduce
from typing import Any, cast

from django.db.models import DecimalField, F, Q
from django.db.models.functions import Cast
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Lookup,
)

from jobs.models import ACTIVE, FINAL, Baseline, FinalMetric, Job
from jobs.queries.table.expressions import SpecNumber, SpecSays, exact, gate_outcome
from jobs.queries.table.query import Query, Term
from jobs.queries.table.values import QueryError, number

TEST = "test/"
_LOOKUPS: dict[str, type[Lookup[Any]]] = {
    ":": Exact,
    ">": GreaterThan,
    ">=": GreaterThanOrEqual,
    "<": LessThan,
    "<=": LessThanOrEqual,
}
_SUFFIX = {">": "__gt", ">=": "__gte", "<": "__lt", "<=": "__lte"}
_COLUMNS = {"by": "submitted_by__username", "queue": "queue"}


def condition(query: Query) -> Q:
    """This will give what a job must be to be found; archived ones are found where the query names them."""
    found = Q() if query.names_archived else Q(archived_at__isnull=True)
    for term in query.terms:
        wanted = _OF_KIND[term.kind](term)
        found &= ~wanted if term.is_negated else wanted
    return found


def metric_in(name: str, **wanted: Any) -> Q:
    """This will ask for a final metric by its name, or by its name on test where the job has none called so."""
    on_test = FinalMetric.objects.filter(name=f"{TEST}{name}", **wanted).values("job_id")
    own = FinalMetric.objects.filter(name=name)
    return Q(pk__in=own.filter(**wanted).values("job_id")) | (
        Q(pk__in=on_test) & ~Q(pk__in=own.values("job_id"))
    )


def _word(term: Term) -> Q:
    text = str(term.values[0])
    return Q(name__icontains=text) | Q(notes__icontains=text)


def _choice(term: Term) -> Q:
    if term.key == "state":
        return Q(state__in=term.values)
    if term.key == "gate":
        return _any(Q(Exact(gate_outcome(), "" if value == "none" else value)) for value in term.values)
    return _any(_BEING[str(value)]() for value in term.values)


def _text(term: Term) -> Q:
    texts = [str(value) for value in term.values]
    if term.key in _COLUMNS:
        return Q(**{f"{_COLUMNS[term.key]}__in": texts})
    if term.key in {"name", "notes"}:
        return _any(Q(**{f"{term.key}__icontains": text}) for text in texts)
    return _OF_TEXT[term.key](texts)


def _spec(term: Term) -> Q:
    if term.op != ":":
        return Q(_LOOKUPS[term.op](SpecNumber(term.key), exact(float(str(term.values[0])))))
    texts = [str(value) for value in term.values]
    said = Q(SpecSays(term.key, texts))
    numbers = [found for text in texts if (found := _as_number(text)) is not None]
    return reduce(operator.or_, (Q(Exact(SpecNumber(term.key), exact(one))) for one in numbers), said)


def _number(term: Term) -> Q:
    column = Cast(F(term.key), DecimalField(max_digits=40, decimal_places=9))
    return _any(Q(_LOOKUPS[term.op](column, exact(float(str(value))))) for value in term.values)


def _metric(term: Term) -> Q:
    if term.op == ":":  # one question, however many values
        return metric_in(term.key, value__in=term.values)
    return metric_in(term.key, **{f"value{_SUFFIX[term.op]}": term.values[0]})


def _time(term: Term) -> Q:
    column = f"{term.key}_at"
    start, behind = term.values
    assert isinstance(start, datetime)
    if term.op == ":":
        return Q(**{f"{column}__gte": start, f"{column}__lt": behind})
    return {
        ">=": Q(**{f"{column}__gte": start}),
        ">": Q(**{f"{column}__gte": behind}),
        "<": Q(**{f"{column}__lt": start}),
        "<=": Q(**{f"{column}__lt": behind}),
    }[term.op]


def _datasets(texts: Sequence[str]) -> Q:
    """By name, by the label of one version, or as a job trained elsewhere names it."""
    versions = []
    for text in texts:
        name, _, version = text.rpartition("@")
        if name and version.isascii() and version.isdecimal() and len(version) < 9:
            versions.append(Q(dataset__name__iexact=name, dataset__version=int(version)))
    return _any([*(Q(dataset__name__iexact=text) for text in texts), *versions])


def _teachers(texts: Sequence[str]) -> Q:
    through = cast(Any, Job.teachers.through).objects
    return _any(Q(pk__in=through.filter(teacher__name__iexact=text).values("job_id")) for text in texts)


def _groups(texts: Sequence[str]) -> Q:
    numbers = [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 18]
    none = Q(group__isnull=True) if "none" in texts else Q(pk__in=[])
    return Q(group_id__in=numbers) | none | _any(Q(group__name__iexact=text) for text in texts)


_OF_TEXT: dict[str, Callable[[Sequence[str]], Q]] = {
    "dataset": _datasets,
    "teacher": _teachers,
    "group": _groups,
    "tag": lambda texts: _any(Q(tags__contains=[text]) for text in texts),
    "method": lambda texts: Q(SpecSays("method.kind", texts)),
    "baseline": lambda texts: Q(pk__in=Baseline.objects.filter(name__in=texts).values("job_id")),
}
_BEING: dict[str, Callable[[], Q]] = {
    "archived": lambda: Q(archived_at__isnull=False),
    "any": lambda: Q(pk__isnull=False),
    "active": lambda: Q(state__in=ACTIVE),
    "ended": lambda: Q(state__in=FINAL),
    "elsewhere": lambda: Q(elsewhere=True),
    "baseline": lambda: Q(pk__in=Baseline.objects.values("job_id")),
}
_OF_KIND: dict[str, Callable[[Term], Q]] = {
    "word": _word,
    "choice": _choice,
    "text": _text,
    "spec": _spec,
    "number": _number,
    "metric": _metric,
    "time": _time,
}


def _any(conditions: Iterable[Q]) -> Q:
    found: Q = reduce(operator.or_, conditions)
    return found


def _as_number(text: str) -> float | None:
    try:
        return number(text, "", 1)
    except QueryError:
        return None
