"""Tables of a model card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

UNBOUNDED = ("kld", "nll", "nss")
"""Metrics that are no shares of anything: they are told as they are."""
_COSTS = {
    "parameters": ("parameters", "{:,.0f}"),
    "macs": ("MACs", "{:,.0f}"),
    "macs_per_frame": ("MACs a frame", "{:,.0f}"),
    "latency_ms": ("latency, ms", "{:,.2f}"),
    "memory_bytes": ("memory, bytes", "{:,.0f}"),
}


def quality_table(
    metrics: Mapping[str, float], baselines: Mapping[str, Mapping[str, float]], *, who: str = "student"
) -> list[str]:
    """This will hold a student's metrics against those of its baselines, in percent unless it is unbounded."""
    names = list(metrics)
    rows = [[f"**{who}**", *(_quality(name, metrics[name]) for name in names)]]
    rows += [
        [other, *(_quality(name, found.get(name)) for name in names)]
        for other, found in sorted(baselines.items())
    ]
    return table(["", *names], rows)


def difference_table(comparisons: Mapping[str, Mapping[str, Mapping[str, float]]] | None) -> list[str]:
    """This will list differences with their intervals; empty without any."""
    if not comparisons:
        return []
    names = sorted({name for found in comparisons.values() for name in found})
    rows = [
        [who, *(_interval(name, found.get(name)) for name in names)]
        for who, found in sorted(comparisons.items())
    ]
    return table(["against", *names], rows)


def cost_table(cost: Mapping[str, Mapping[str, Any]] | None) -> list[str]:
    """This will list what student and teachers take; empty where nothing was measured."""
    if not cost:
        return []
    taken = {who: {**(found.get("streams") or {}), **found} for who, found in cost.items()}
    known = [name for name in _COSTS if any(found.get(name) is not None for found in taken.values())]
    rows = [[who, *(_cost(name, found.get(name)) for name in known)] for who, found in taken.items()]
    return table(["", *(_COSTS[name][0] for name in known)], rows)


def section(title: str, lines: Sequence[str]) -> list[str]:
    """This will give a section of a card with its title; none without lines."""
    return ["", f"## {title}", "", *lines] if lines else []


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """This will give the lines of a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _quality(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if name in UNBOUNDED else f"{100 * value:.2f}"


def _interval(name: str, found: Mapping[str, float] | None) -> str:
    if found is None:
        return ""
    times, form = (1, "+.4f") if name in UNBOUNDED else (100, "+.2f")
    difference, low, high = (format(times * found[key], form) for key in ("difference", "low", "high"))
    return f"{difference} ({low} to {high})"


def _cost(name: str, value: Any) -> str:
    return "" if value is None else _COSTS[name][1].format(value)
