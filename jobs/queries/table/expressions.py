"""What of a job's spec and final metrics the database filters and sorts by."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Case,
    DecimalField,
    F,
    Field,
    Func,
    JSONField,
    TextField,
    Value,
    When,
)

from jobs.queries.table.names import jsonpath

_SCALAR = '?(@.type() == "number" || @.type() == "boolean" || @ like_regex "^.{0,200}$" flag "s")'
_NUMBER = '?(@.type() == "number")'


class SpecValue(Func):
    """The first plain value at a path of the spec, as JSON; longer texts, lists and mappings are no value."""

    template = "jsonb_path_query_first(%(expressions)s::jsonpath)"
    output_field: Field[Any, Any] = JSONField()

    def __init__(self, name: str, filter_: str = _SCALAR, **extra: Any) -> None:
        super().__init__(F("spec"), Value(jsonpath(name) + filter_, output_field=TextField()), **extra)


class SpecNumber(SpecValue):
    """The first number at a path of the spec; numeric takes any that JSON can hold."""

    template = "jsonb_path_query_first(%(expressions)s::jsonpath)::numeric"
    output_field = DecimalField()

    def __init__(self, name: str, **extra: Any) -> None:
        super().__init__(name, filter_=_NUMBER, **extra)


class SpecSays(Func):
    """Whether any value at a path of the spec is one of some texts, in either case."""

    template = (
        "EXISTS (SELECT 1 FROM jsonb_path_query(%(spec)s, %(path)s::jsonpath) AS said "
        "WHERE LOWER(said #>> '{}') = ANY(%(words)s))"
    )
    output_field = BooleanField()
    conditional = True

    def __init__(self, name: str, words: Sequence[str], **extra: Any) -> None:
        lowered = [word.lower() for word in words]
        super().__init__(
            F("spec"),
            Value(jsonpath(name), output_field=TextField()),
            Value(lowered, output_field=ArrayField(TextField())),
            **extra,
        )

    def as_sql(self, compiler: Any, connection: Any, *given: Any, **extra: Any) -> Any:
        """This will write the test with each of its three parts in its place."""
        written = [compiler.compile(part) for part in self.get_source_expressions()]
        texts = dict(zip(("spec", "path", "words"), (text for text, _ in written), strict=True))
        return self.template % texts, [given for _, params in written for given in params]


def exact(number: float) -> Value:
    """This will give a number as the database compares it with those of JSON."""
    return Value(Decimal(repr(number)), output_field=DecimalField())


def gate_outcome() -> Case:
    """This will give what came of a job's gates; seeds of a group's reference are judged together, as the group."""
    together = When(group__isnull=False, spec__group__cell="", then=F("group__gate_outcome"))
    return Case(together, default=F("gate_outcome"))
