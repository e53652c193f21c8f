"""The query language of the table of jobs: `state:failed method:emtm val/miou>0.4 tag:nightly -by:ada door`.

Terms stand beside each other and all must hold; a minus before a term turns it around; commas between values mean
or. A term is a word (looked for in names and notes), `key:value`, or a comparison of a final metric, a field of
the spec, a number or a time of the job. Quotes keep words together, also around a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from jobs.models import GateOutcome, State
from jobs.queries.table.names import LONGEST_NAME, is_spec_path
from jobs.queries.table.values import QueryError, moments, number, span

LONGEST, MOST_TERMS, MOST_VALUES = 2_000, 40, 100
CHOICES = {
    "state": tuple(State.values),
    "gate": (*GateOutcome.values, "none"),
    "is": ("archived", "any", "active", "ended", "elsewhere", "baseline"),
}
TEXTS = ("name", "notes", "tag", "by", "method", "dataset", "teacher", "group", "queue", "baseline")
NUMBERS = ("id", "priority", "step")
TIMES = ("created", "started", "finished", "deadline")
SINCE = ("after", "before", "older", "newer")
KEYS = (*CHOICES, *TEXTS, *NUMBERS, *TIMES, *SINCE)

Kind = Literal["word", "choice", "text", "spec", "number", "metric", "time"]
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_COMPARED = re.compile(r"(?P<key>[^\"<>=!]*?)(?P<op>>=|<=|!=|>|<|=)(?P<rest>.*)", re.DOTALL)
_OF_A_TEACHER = re.compile(r"teacher:[^\"<>=!:]+/[^\"<>=!:]+(?:[<>=]|!=|:[-+.\d])")


@dataclass(frozen=True, kw_only=True)
class Term:
    """One condition; `at` is the place of its first character in the query, counted from 1.

    `values` are texts, numbers, or for a time the pair of its first moment and the first one behind it.
    """

    kind: Kind
    at: int
    key: str = ""
    op: str = ":"
    values: tuple[str | float | datetime, ...]
    is_negated: bool = False


@dataclass(frozen=True, kw_only=True)
class Query:
    """All terms of a query; without any it finds everything that is not archived."""

    terms: tuple[Term, ...] = ()

    @property
    def names_archived(self) -> bool:
        """Whether it says itself what to do with archived jobs."""
        return any(term.key == "is" and {"archived", "any"} & set(term.values) for term in self.terms)


def read_query(text: str, *, now: datetime) -> Query:
    """This will read a query; lengths of time are counted back from `now`. Raises QueryError."""
    if len(text) > LONGEST:
        raise QueryError(f"given {len(text):,} characters, accepted are {LONGEST:,}", at=LONGEST + 1)
    if odd := _UNSTORABLE.search(text):
        raise QueryError("it holds a character that no text here does", at=odd.start() + 1)
    terms = tuple(_term(token, at, now) for at, token in _tokens(text))
    if len(terms) > MOST_TERMS:
        raise QueryError(f"given {len(terms)} terms, accepted are {MOST_TERMS}", at=terms[MOST_TERMS].at)
    if (count := sum(len(term.values) for term in terms)) > MOST_VALUES:
        raise QueryError(f"given {count} values, accepted are {MOST_VALUES}", at=1)
    return Query(terms=terms)


def quoted(value: str) -> str:
    """This will write a value so that the language reads it as one."""
    plain = re.fullmatch(r"[\w./@+#-]+", value) and not value.startswith("-")
    return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Each piece between spaces that stand outside quotes, with its place from 1."""
    start, opened, place = None, None, 0
    while place < len(text):
        sign = text[place]
        if sign == "\\" and opened is not None:
            place += 1
        elif sign == '"':
            opened = place if opened is None else None
        if sign.isspace() and opened is None:
            if start is not None:
                yield start + 1, text[start:place]
            start = None
        elif start is None:
            start = place
        place += 1
    if opened is not None:
        raise QueryError("a quotation mark is opened and never closed", at=opened + 1)
    if start is not None:
        yield start + 1, text[start:]


def _term(token: str, at: int, now: datetime) -> Term:
    is_negated = token.startswith("-") and len(token) > 1
    body = token[1:] if is_negated else token
    key, op, rest = _split(body, at)
    if not op:
        return _word(key, at, is_negated)
    given = tuple(_values(rest))
    if not key or not given or "" in given:
        side = "before" if not key else "after"
        raise QueryError(f"given {token[:60]!r}, which has nothing {side} {op!r}", at=at)
    if len(key) > LONGEST_NAME:
        raise QueryError(f"given a name of {len(key)} characters, accepted are {LONGEST_NAME}", at=at)
    return _typed(key, op, given, at=at, is_negated=is_negated, now=now)


def _split(body: str, at: int) -> tuple[str, str, str]:
    """Key, operator and the rest; a word is a key without an operator."""
    if body.startswith('"'):
        key, behind = _unquoted(body)
        found = re.match(r">=|<=|!=|[><=:]", behind)
        if behind and found is None:
            raise QueryError(
                f"given {body[:60]!r}, accepted behind a quoted name is a space, : or a comparison", at=at
            )
        return (key, found.group(), behind[found.end() :]) if found else (key, "", "")
    first, colon, rest = body.partition(":")
    if colon and first in KEYS and not _OF_A_TEACHER.match(body):
        return first, ":", rest
    if found := _COMPARED.fullmatch(body):
        return found["key"], found["op"], found["rest"]
    if colon and '"' not in first:  # where the colon stands in quotes it is part of a word
        key, _, rest = body.rpartition(":") if '"' not in body else (first, ":", rest)
        return key, ":", rest
    return body, "", ""


def _unquoted(text: str) -> tuple[str, str]:
    """What stands in the quotes that a text begins with, and what follows them."""
    found, place = "", 1
    while text[place] != '"':
        place += text[place] == "\\" and place + 2 < len(text)
        found += text[place]
        place += 1
    return found, text[place + 1 :]


def _values(rest: str) -> Iterator[str]:
    """Values between commas that stand outside quotes."""
    value = ""
    while rest:
        if rest[0] == '"':
            inner, rest = _unquoted(rest)
            value += inner
        elif rest[0] == ",":
            yield value
            value, rest = "", rest[1:]
        else:
            value, rest = value + rest[0], rest[1:]
    yield value


def _word(text: str, at: int, is_negated: bool) -> Term:
    if not text:
        raise QueryError("there is nothing between the quotation marks", at=at)
    digits = text[1:]
    if text[0] == "#" and digits.isascii() and digits.isdecimal():
        return Term(kind="number", key="id", values=(number(digits, "#", at),), at=at, is_negated=is_negated)
    return Term(kind="word", values=(text,), at=at, is_negated=is_negated)


def _typed(key: str, op: str, given: tuple[str, ...], *, at: int, is_negated: bool, now: datetime) -> Term:
    values: tuple[str | float | datetime, ...]
    kind = _kind(key, op, given, at)
    if kind in {"choice", "text"} or (kind == "spec" and op in {":", "=", "!="}):
        if op not in {":", "=", "!="}:
            raise QueryError(f"given {key}{op}, accepted is {key}:VALUE", at=at)
        values = tuple(_choice(key, value, at) for value in given)
    elif op != ":" and len(given) > 1:
        raise QueryError(f"given {len(given)} values for {key}{op}, accepted is one", at=at)
    elif kind == "time":
        key, op, values = _time(key, op, given[0], at=at, now=now)
    else:
        values = tuple(number(value, key, at) for value in given)
    if op == "!=":
        op, is_negated = "=", not is_negated
    op = ":" if op == "=" else op
    return Term(kind=kind, key=key, op=op, values=values, at=at, is_negated=is_negated)


def _kind(key: str, op: str, given: tuple[str, ...], at: int) -> Kind:
    if key in CHOICES:
        return "choice"
    if key in TEXTS:
        return "text"
    if key in NUMBERS:
        return "number"
    if key in TIMES or key in SINCE:
        return "time"
    if is_spec_path(key):
        return "spec"
    if op == ":" and not all(re.match(r"[-+.]?\d", value) for value in given):
        raise QueryError(
            f"given the key {key[:60]!r}, accepted are {', '.join(KEYS)}, a field of the spec such as "
            "optim.learning_rate, or a final metric with a number; put words with a colon into quotes",
            at=at,
        )
    return "metric"


def _choice(key: str, value: str, at: int) -> str:
    accepted = CHOICES.get(key)
    if accepted and value.lower() not in accepted:
        raise QueryError(f"given {key}:{value[:40]}, accepted is one of {', '.join(accepted)}", at=at)
    return value.lower() if accepted else value


def _time(
    key: str, op: str, given: str, *, at: int, now: datetime
) -> tuple[str, str, tuple[datetime, datetime]]:
    """Every way to ask for a time as a comparison with the first moment of what is given and the first behind it."""
    if key in SINCE:
        if op != ":":
            raise QueryError(f"given {key}{op}, accepted is {key}:VALUE", at=at)
        if key in {"older", "newer"}:
            moment = span(given, key, now, at)
            return "created", "<" if key == "older" else ">=", (moment, moment)
        return "created", ">=" if key == "after" else "<", moments(given, key, at)
    return key, op, moments(given, key, at)
