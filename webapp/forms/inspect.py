"""What an address asks of a job's samples: filter, order and page, read leniently by pages and strictly by REST.

A range is spelled COLUMN.min and COLUMN.max, where columns of teachers are NAME/weight, NAME/iou or NAME/quality, and
NAME/score. All of it stands in the address, so that what one sees can be sent to somebody else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from jobs.queries.inspect.classes import (
    LABEL,
    RIGHT,
    STUDENT,
    classes_in,
    column_of,
    has_classes,
    outcomes_in,
    participants,
)
from jobs.queries.inspect.filters import Range, Wanted
from jobs.queries.inspect.table import Table

LONGEST_TEXT = 200
LAST_PAGE = 10**6
WORDS = {
    "split": "split",
    "leading": "leading",
    "q": "text",
    "source": "source",
    "class": "label",
    "said": "said",
    "who": "who",
    "right": "right",
    "outcome": "outcome",
}
OF_CLASSES = ("class", "said", "who", "right", "outcome")
COLUMNS = {"leading": ("leading",), "q": ("sentence",), "source": ("source_id", "video_id")}
PARTICIPANT = "participant"
BESIDE = ("sort", "page")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked; `problems` says by key what of it cannot be, which is then left out.

    `participant` is whose table is asked for, where models teach each other; empty for the usual one.
    """

    wanted: Wanted
    page: int
    problems: dict[str, str]
    participant: str = ""

    def query(self, **changes: object) -> str:
        """This will spell it for an address, with other values of `Wanted`; the page is given or the first."""
        page = changes.pop("page", 1)
        pairs = pairs_of(replace(self.wanted, **changes))  # type: ignore[arg-type]
        whose = [(PARTICIPANT, self.participant)] if self.participant else []
        return urlencode([*whose, *pairs, *([("page", str(page))] if page != 1 else [])])


def read_asked(given: Mapping[str, Any], table: Table, *, participant: str = "") -> Asked:
    """This will read what an address asks of a table; unknown keys that are no ranges are left to the caller.

    Whose table it is, is the caller's to find (`participant`), too.
    """
    problems: dict[str, str] = {}
    words = {key: _text(given.get(key, ""), key, problems) for key in WORDS}
    for key, value in words.items():
        columns = COLUMNS.get(key, ())
        if value and columns and not any(table.has(column) for column in columns):
            problems[key] = _none_of(table, key)
            words[key] = ""
    _accept(words, "leading", table.teachers, problems)
    if has_classes(table):
        _read_classes(words, table, problems)
    else:
        _refuse_classes(words, problems)
    sort, descending = _sort(given.get("sort", ""), table, problems)
    wanted = Wanted(
        split=words["split"],
        leading=words["leading"],
        text=words["q"],
        source=words["source"],
        label=words["class"],
        said=words["said"],
        who=words["who"],
        right=words["right"],
        outcome=words["outcome"],
        ranges=_ranges(given, table, problems),
        sort=sort,
        descending=descending,
    )
    page = _page(given.get("page", ""), problems)
    return Asked(wanted=wanted, page=page, problems=problems, participant=participant)


def unknown_keys(given: Mapping[str, Any], *, accepted: tuple[str, ...]) -> list[str]:
    """This will list the keys that are neither ours nor accepted, nor spelled like a range."""
    known = {*WORDS, *BESIDE, *accepted}
    return [key for key in given if key not in known and not key.endswith((".min", ".max"))]


def pairs_of(wanted: Wanted) -> list[tuple[str, str]]:
    """This will spell a filter and its order as the pairs of an address, without what is empty."""
    pairs = [(key, str(getattr(wanted, field))) for key, field in WORDS.items()]
    for bounds in wanted.ranges:
        for end, bound in (("min", bounds.low), ("max", bounds.high)):
            pairs.append((f"{bounds.column}.{end}", "" if bound is None else f"{bound:.10g}"))
    if wanted.sort or wanted.descending:
        pairs.append(("sort", f"{'-' if wanted.descending else ''}{wanted.sort or 'row'}"))
    return [(key, value) for key, value in pairs if value]


def _read_classes(words: dict[str, str], table: Table, problems: dict[str, str]) -> None:
    _accept(words, "who", participants(table), problems)
    _accept(words, "right", RIGHT, problems)
    _accept(words, "outcome", outcomes_in(table), problems)
    if not (words["class"] or words["said"]):
        return
    known = classes_in(table, LABEL) | classes_in(table, column_of(words["who"] or STUDENT, "class"))
    for key in ("class", "said"):
        if words[key] and words[key] not in known:
            problems[key] = f"given {words[key][:80]!r}, which is no class of this job's samples."
            words[key] = ""


def _refuse_classes(words: dict[str, str], problems: dict[str, str]) -> None:
    for key in OF_CLASSES:
        if words[key]:
            problems[key] = "the samples of this job have no classes."
            words[key] = ""


def _accept(words: dict[str, str], key: str, known: Sequence[str], problems: dict[str, str]) -> None:
    if words[key] and words[key] not in known:
        problems[key] = f"given {words[key][:80]!r}, accepted is one of {', '.join(known) or 'none'}."
        words[key] = ""


def _ranges(given: Mapping[str, Any], table: Table, problems: dict[str, str]) -> tuple[Range, ...]:
    bounds: dict[str, dict[str, float]] = {}
    for key, text in given.items():
        column, _, end = key.rpartition(".")
        if end not in {"min", "max"} or not text.strip():
            continue
        if column not in table.quantities:
            problems[key] = _none_of(table, column)
        elif (bound := _number(text)) is None:
            problems[key] = f"given {text[:40]!r}, accepted is a number."
        else:
            bounds.setdefault(column, {})[end] = bound
    return tuple(
        Range(column=column, low=bounds[column].get("min"), high=bounds[column].get("max"))
        for column in table.quantities
        if column in bounds
    )


def _sort(text: str, table: Table, problems: dict[str, str]) -> tuple[str, bool]:
    name, descending = text.removeprefix("-"), text.startswith("-")
    if name in {"", "row"}:
        return "", descending and name == "row"
    if name not in table.quantities:
        problems["sort"] = _none_of(table, name)
        return "", False
    return name, descending


def _none_of(table: Table, column: str) -> str:
    known = ", ".join(table.quantities[:12]) + (" and more" if len(table.quantities) > 12 else "")
    return f"given {column[:80]!r}, which this job did not record; accepted are {known or 'none'}."


def _text(text: str, key: str, problems: dict[str, str]) -> str:
    if "\0" in text:
        problems[key] = "it holds a NUL, which no text here does."
        return ""
    return text.strip()[:LONGEST_TEXT] if key in {"q", "source"} else text.strip()


def _number(text: str) -> float | None:
    try:
        number = float(text.strip()) if len(text) < 40 else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _page(text: str, problems: dict[str, str]) -> int:
    if not text:
        return 1
    if text.isascii() and text.isdecimal() and len(text) < 8 and 1 <= int(text) <= LAST_PAGE:
        return int(text)
    problems["page"] = f"given {text[:40]!r}, accepted is a whole number from 1 to {LAST_PAGE:,}."
    return 1
