"""Columns of numbers by which jobs are drawn against each other: what came out, what it costs, what was set."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from jobs.queries.comparing.specs import Diff

Kind = Literal["metric", "cost", "parameter"]
_COST = re.compile(r"student\..*|latency.*|seconds|best_step|params|macs|memory.*|flops")
_LOW = re.compile(r".*(loss|error|nll|ece|mae|mse|perplexity)\b.*")
_HIGH = re.compile(
    r"m?iou|top\d+|r\d+@.+|map(@.+)?|acc(uracy)?(@.+)?|f1|auc|precision|recall|sim|cc|nss|ap(@.+)?|dice"
)


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A column with a value for each job, None where there is none; `better` is where good ones lie, if anywhere."""

    name: str
    kind: Kind
    better: Literal["high", "low"] | None
    values: list[float | None]


def axes_of(names: Sequence[str], values: Iterable[Sequence[float | None]], diff: Diff) -> list[Axis]:
    """This will list the columns of final metrics, and of the fields of specs that are numbers and differ."""
    made = [
        Axis(name=name, kind="cost" if is_cost(name) else "metric", better=better(name), values=list(of))
        for name, of in zip(names, values, strict=True)
    ]
    for field in diff.fields:
        numbers = [_number(value) for value in field.values]
        given = [value for value in field.values if value is not None]
        if given and all(number is not None for number in map(_number, given)):
            made.append(Axis(name=field.path, kind="parameter", better=None, values=numbers))
    return made


def is_cost(name: str) -> bool:
    """This will tell whether a final metric is what a job or its student costs."""
    return _COST.fullmatch(name) is not None


def better(name: str) -> Literal["high", "low"] | None:
    """This will say which values of a final metric are better, as far as its name tells."""
    if is_cost(name):
        return None if name == "best_step" else "low"
    last = name.rpartition("/")[2].lower()
    if _HIGH.fullmatch(last):
        return "high"
    return "low" if _LOW.fullmatch(name.lower()) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None
