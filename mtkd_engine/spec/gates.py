"""Gates: rules that the final metrics of a job must keep; torch-free.

A rule is `[mean|worst](METRIC) OP VALUE`. A bare METRIC is its mean, which over one job is its only value. OP is one
of >= > <= < ==. VALUE is a number, another METRIC or baseline(NAME), which is the same metric of a named job; a number
may be added to or taken from the last two: `test/miou >= baseline(main) - 0.005`. Names with spaces stand in quotes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Literal, cast

from pydantic import AfterValidator

MOST_GATES = 50
LONGEST_GATE = 500
LONGEST_BASELINE = 80
EXAMPLE = "test/miou >= 0.45"

Over = Literal["mean", "worst"]
Comparison = Literal[">=", ">", "<=", "<", "=="]

_UNSIGNED = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NAME = r'(?:"[^"]+"|[^\s()<>="+-][^\s()<>="]*)'
_LEFT = re.compile(rf"(?:(?P<over>[a-z]+)\s*\(\s*(?P<inner>{_NAME})\s*\)|(?P<bare>{_NAME}))\s*")
_COMPARISON = re.compile(r"(?P<comparison>>=|<=|==|>|<)\s*")
_RIGHT = re.compile(
    rf"(?:(?P<number>[+-]?{_UNSIGNED})|baseline\s*\(\s*(?P<baseline>[^()]*?)\s*\)|(?P<metric>{_NAME}))"
    rf"(?:\s*(?P<sign>[+-])\s*(?P<offset>{_UNSIGNED}))?"
)
_IS_NUMBER = re.compile(rf"{_UNSIGNED}|(?i:nan|inf|infinity)")
_ENDS_IN_A_SUM = re.compile(rf"[^\"]*[+-]{_UNSIGNED}")
_BASELINE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ACCEPTED = f"accepted is a rule such as {EXAMPLE!r} or 'test/miou >= baseline(main) - 0.005'"


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One rule; exactly one of `number`, `right_metric` and `baseline` is what `metric` is held against."""

    text: str
    over: Over
    metric: str
    comparison: Comparison
    number: float | None = None
    right_metric: str = ""
    baseline: str = ""
    offset: float = 0.0


def parse_gate(text: str) -> Gate:
    """This will read a rule; raises ValueError with what was given and what is accepted."""
    rule = " ".join(text.split())
    if not rule or len(rule) > LONGEST_GATE or not rule.isprintable():
        shown = f"{len(rule):,} characters" if rule else "nothing"
        raise ValueError(f"given {shown}, {_ACCEPTED}, of at most {LONGEST_GATE} printable characters")
    left = _LEFT.match(rule)
    if left is None or _IS_NUMBER.fullmatch(left["inner"] or left["bare"]):
        raise _refused(rule, "a rule begins with a metric")
    over = left["over"] or "mean"
    if over not in ("mean", "worst"):
        raise _refused(rule, f"{over}(...) is not known, mean(...) and worst(...) are")
    compared = _COMPARISON.match(rule, left.end())
    if compared is None:
        raise _refused(rule, "after the metric comes one of >= > <= < ==")
    number, right_metric, baseline, offset = _value(rule, compared.end())
    return Gate(
        text=rule,
        over=cast(Over, over),
        metric=_unquoted(left["inner"] or left["bare"]),
        comparison=cast(Comparison, compared["comparison"]),
        number=number,
        right_metric=right_metric,
        baseline=baseline,
        offset=offset,
    )


def checked_gate(text: str) -> str:
    """This will give a rule in its plain spelling; raises ValueError."""
    return parse_gate(text).text


def is_baseline_name(name: str) -> bool:
    """This will tell whether a baseline may have a name: letters, digits, dots, dashes and underscores."""
    return len(name) <= LONGEST_BASELINE and _BASELINE_NAME.fullmatch(name) is not None


def holds(comparison: Comparison, left: float, right: float) -> bool:
    """This will compare two numbers; what differs by rounding only is equal."""
    equal = math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    return {
        ">=": left > right or equal,
        ">": left > right and not equal,
        "<=": left < right or equal,
        "<": left < right and not equal,
        "==": equal,
    }[comparison]


def _value(rule: str, begin: int) -> tuple[float | None, str, str, float]:
    """Number, metric and baseline, of which one is there, and what is added; a number has it added already."""
    right = _RIGHT.fullmatch(rule, begin)
    if right is None:
        raise _refused(rule, "at the end stands a number, a metric or baseline(NAME), then + or - a number")
    offset = float(f"{right['sign'] or ''}{right['offset'] or 0}")
    number = None if right["number"] is None else float(right["number"]) + offset
    if not math.isfinite(offset if number is None else number):
        raise _refused(rule, "its number is too large")
    metric, baseline = right["metric"] or "", right["baseline"]
    if baseline is not None and not is_baseline_name(baseline):
        raise _refused(rule, "a baseline has letters, digits, dots, dashes and underscores in its name")
    if _IS_NUMBER.fullmatch(metric):
        raise _refused(rule, "a number is finite")
    if _ENDS_IN_A_SUM.fullmatch(metric):
        raise _refused(rule, "spaces stand around + and -, and a name that ends like that stands in quotes")
    return number, _unquoted(metric), baseline or "", offset if number is None else 0.0


def _unquoted(name: str) -> str:
    return name.strip('"')


def _refused(rule: str, why: str) -> ValueError:
    shown = rule if len(rule) <= 80 else rule[:77] + "..."
    return ValueError(f"given {shown!r}: {why}; {_ACCEPTED}")


GateText = Annotated[str, AfterValidator(checked_gate)]
