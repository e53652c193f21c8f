"""What stands below the table of a result: what it costs, what each teacher is worth, how others would count."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from mtkd_engine.spec.measures import GROUNDING, SHARES, Measures
from webapp.pages.result import Row

COSTS = (
    ("parameters", "Parameters"),
    ("macs", "MACs"),
    ("latency_ms", "Latency"),
    ("memory_bytes", "Memory"),
)
PER_FRAME = ("macs_per_frame", "MACs a frame")
"""Told of networks of compressed streams, beside what a whole clip takes."""
MEASURES = (
    ("r1@0.3", "R1@0.3"),
    ("r1@0.5", "R1@0.5"),
    ("r1@0.7", "R1@0.7"),
    ("r5@0.3", "R5@0.3"),
    ("r5@0.5", "R5@0.5"),
    ("r5@0.7", "R5@0.7"),
    ("miou", "mIoU"),
    ("map@0.5", "mAP@0.5"),
    ("map@0.75", "mAP@0.75"),
    ("map", "mAP"),
)
POLICIES = {
    "snapped": ("Snapped truth", "True windows moved to whole clips, as SeqPAN and EMTM's code count."),
    "2d-tan": ("2D-TAN", "More than the threshold, not at least it; mIoU of the best three of five windows."),
}
UNITS = ((1e9, " G"), (1e6, " M"), (1e3, " k"))


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One number in words, and the student's share of it where it is a teacher's."""

    text: str
    share: float | None = None


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """What one network takes."""

    title: str
    costs: list[Cost]
    is_own: bool = False


@dataclass(frozen=True, kw_only=True)
class CountedRow:
    """The job's own numbers by one way of counting, in percent, None where it knows none."""

    title: str
    help: str
    values: list[float | None]


def cost_columns(result: Mapping[str, Any] | None) -> list[str]:
    """This will name the columns of the table of costs."""
    return [title for _, title in _told_costs(result)]


def group_of_pictures(result: Mapping[str, Any] | None) -> int | None:
    """This will say over how many frames MACs a frame are a mean; None where they are not told."""
    streams = _streams_of(((result or {}).get("cost") or {}).get("student"))
    return streams.get("group")


def cost_rows(result: Mapping[str, Any] | None) -> list[CostRow]:
    """This will lay out what the student takes and what each teacher or assistant would.

    An empty list where that is not known.
    """
    known = (result or {}).get("cost") or {}
    own = known.get("student")
    if not isinstance(own, Mapping):
        return []
    rows = [
        CostRow(
            title="Student",
            costs=[Cost(text=amount(_taken(own, key), key)) for key, _ in _told_costs(result)],
            is_own=True,
        )
    ]
    for name, values in known.items():
        if name.startswith(("teacher:", "assistant:", "ensemble:")) and isinstance(values, Mapping):
            costs = [
                Cost(
                    text=amount(_taken(values, key), key), share=_share(_taken(own, key), _taken(values, key))
                )
                for key, _ in _told_costs(result)
            ]
            rows.append(CostRow(title=name.partition(":")[2], costs=costs))
    return rows


def calibration(
    result: Mapping[str, Any] | None, rows: Sequence[Row], measures: Measures
) -> list[tuple[str, list[str]]]:
    """This will give how far each row of a result is sure of itself rightly, in words by `measures.more`."""
    known = result or {}
    given: Mapping[str, Any] = known.get("baselines") or {}
    found = []
    for row in rows:
        values = known.get("metrics") if row.is_own else given.get(row.key)
        told = [(values or {}).get(key) for key, _ in measures.more]
        if any(is_number(value) for value in told):
            found.append(
                (row.title, [_told(value, key) for value, (key, _) in zip(told, measures.more, strict=True)])
            )
    return found


def _told(value: object, key: str) -> str:
    if not is_number(value):
        return "–"
    return f"{100 * value:.1f} %" if SHARES.fullmatch(key) else f"{value:.3f}"


def amount(value: object, key: str) -> str:
    """This will write a cost in three digits and its unit."""
    if not is_number(value):
        return "–"
    if key == "latency_ms":
        return f"{value:.3g} ms"
    unit = "B" if key == "memory_bytes" else ""
    for size, prefix in UNITS:
        if value >= size:
            return f"{value / size:.3g}{prefix}{unit}"
    return f"{value:.0f}{' ' if unit else ''}{unit}"


def _told_costs(result: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if group_of_pictures(result) is None:
        return list(COSTS)
    return [*COSTS[:2], PER_FRAME, *COSTS[2:]]


def _taken(values: Mapping[str, Any], key: str) -> object:
    return _streams_of(values).get(key) if key == PER_FRAME[0] else values.get(key)


def _streams_of(values: object) -> Mapping[str, Any]:
    found = values.get("streams") if isinstance(values, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _share(own: object, other: object) -> float | None:
    return 100 * own / other if is_number(own) and is_number(other) and other > 0 else None


def worth(result: Mapping[str, Any] | None, measures: Measures = GROUNDING) -> list[str]:
    """This will say of each teacher what leaving it out would cost and save, the most missed first."""
    known, key = (result or {}).get("without") or {}, measures.headline
    found = {
        name: values
        for name, values in known.items()
        if isinstance(values, Mapping) and is_number(values.get(key))
    }
    return [
        _worth(name, values, measures)
        for name, values in sorted(found.items(), key=lambda item: -float(item[1][key]))
    ]


def _worth(name: str, values: Mapping[str, Any], measures: Measures) -> str:
    points = round(100 * values[measures.headline], 1)
    if points > 0:
        text = f"Dropping {name} would cost {points:.1f} points of {measures.title}"
    elif points < 0:
        text = f"Dropping {name} would gain {-points:.1f} points of {measures.title}"
    else:
        text = f"Dropping {name} would change nothing"
    seconds = values.get("seconds")
    if not is_number(seconds):
        return f"{text}."
    return f"{text} and save {duration(seconds)} of caching."


def duration(seconds: float) -> str:
    """This will write a time in the unit that suits it."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def counted(result: Mapping[str, Any] | None) -> tuple[list[str], list[CountedRow]]:
    """This will give columns and rows of the job's own numbers by every way of counting that it knows."""
    known = result or {}
    own = known.get("metrics") or {}
    others = known.get("compatible") or {}
    if not isinstance(others, Mapping) or not others:
        return [], []
    ways: dict[str, Mapping[str, Any]] = {"": own, **{key: others[key] for key in POLICIES if key in others}}
    columns = [(key, title) for key, title in MEASURES if any(key in values for values in ways.values())]
    rows = [
        CountedRow(
            title=POLICIES[way][0] if way else "Here",
            help=POLICIES[way][1]
            if way
            else "Real time stamps, at least the threshold, the best match counts.",
            values=[100 * values[key] if is_number(values.get(key)) else None for key, _ in columns],
        )
        for way, values in ways.items()
    ]
    return [title for _, title in columns], rows


def is_number(value: object) -> TypeGuard[float]:
    """This will tell whether something is a finite number, which results of other engines may not hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
