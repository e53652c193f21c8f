"""A job as a terminal shows it while it runs: progress, curves and the weights of its teachers as text."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mtkd_engine.client.answers import Job
from mtkd_engine.client.harmless import harmless
from mtkd_engine.client.markdown import number
from mtkd_engine.client.streaming import Message
from mtkd_engine.spec.measures import HEADLINES

MOST_CURVES = 12
MOST_WARNINGS = 3
BLOCKS = "▁▂▃▄▅▆▇█"
SYSTEM = "system/"
MOST_POINTS = 4_000
_FIRST = ("loss/total", *(f"val/{metric}" for metric in HEADLINES))
_COLORS = {"succeeded": "green", "failed": "red", "cancelled": "yellow"}

Curve = tuple[list[int], list[float]]
"""Steps and values."""


@dataclass
class Watched:
    """What is known of a job that is watched; `weights` are the newest, by teacher."""

    job: Job
    curves: dict[str, Curve] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def hear(self, message: Message) -> None:
        """This will take in what the server says of the job; messages it does not know are left out."""
        if message.event == "metrics":
            self._draw(message.data["series"], anew=message.data["replace"])
        elif message.event == "event":
            self._note(message.data)
        elif message.event in {"job", "end"}:
            known = {name: value for name, value in message.data.items() if name in Job.model_fields}
            self.job = self.job.model_copy(update=known)

    def _draw(self, series: Mapping[str, Mapping[str, Any]], *, anew: bool) -> None:
        """Points from their first step on replace older ones: an attempt that resumed repeats some."""
        curves = {} if anew else dict(self.curves)
        for name, told in series.items():
            if name.startswith(SYSTEM) or not told["steps"]:
                continue
            steps, values = curves.get(name, ([], []))
            kept = bisect_left(steps, told["steps"][0])
            found = [*steps[:kept], *told["steps"]], [*values[:kept], *map(float, told["values"])]
            curves[name] = found if len(found[0]) <= MOST_POINTS else (found[0][::2], found[1][::2])
        self.curves = curves

    def _note(self, event: Mapping[str, Any]) -> None:
        if event.get("masked"):
            return
        if event["kind"] == "weights":
            self.weights = dict(zip(event["teachers"], event["mean"], strict=False))
        elif event["kind"] == "warned":
            self.warnings = [*self.warnings, str(event["message"])][-MOST_WARNINGS:]


def screen(watched: Watched, *, width: int) -> RenderableType:
    """This will draw all of it, at most so many columns wide."""
    parts: list[RenderableType] = [_head(watched.job), _progress(watched.job, width)]
    if watched.curves:
        parts += [Text(), _curves(watched.curves, width)]
    if watched.weights:
        parts += [Text(), Text("Weights of the teachers, mean over validation", style="bold")]
        parts.append(_weights(watched.weights, width))
    parts += [Text(f"! {harmless(text)}", style="yellow") for text in watched.warnings]
    if watched.job.failure:
        parts.append(Text(harmless(watched.job.failure), style="red"))
    return Group(*parts)


def sparkline(values: Sequence[float], *, width: int) -> str:
    """This will draw a curve in one line: each column is the mean of its share, a space where nothing is finite."""
    shares = _shares(values, width)
    finite = [value for value in shares if math.isfinite(value)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    steps = (high - low) / (len(BLOCKS) - 1) or 1.0
    return "".join(BLOCKS[round((value - low) / steps)] if math.isfinite(value) else " " for value in shares)


def _shares(values: Sequence[float], width: int) -> list[float]:
    count = min(width, len(values))
    edges = [round(place * len(values) / count) for place in range(count + 1)] if count else []
    return [_mean(values[first:last]) for first, last in pairwise(edges)]


def _mean(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else math.nan


def _head(job: Job) -> Text:
    text = Text.assemble(
        (f"Job {job.id} ", "bold"), f"{harmless(job.name)}  ", (job.state, _COLORS.get(job.state, "cyan"))
    )
    for word in ("" if job.is_final else _part(job), job.waits if job.state == "queued" else ""):
        if word:
            text.append(f"  {harmless(word)}")
    if job.gate_outcome:
        text.append(f"  gate {job.gate_outcome}", style="green" if job.gate_outcome == "passed" else "red")
    return text


def _part(job: Job) -> str:
    return f"{job.part}: {job.part_done:,} of {job.part_of:,}" if job.part and job.part_of else job.part


def _progress(job: Job, width: int) -> RenderableType:
    if not job.total_steps:
        return Text("no step yet", style="dim")
    grid = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=job.total_steps, completed=job.step, width=max(10, min(50, width - 30)))
    grid.add_row(bar, f"step {job.step:,} of {job.total_steps:,}")
    return grid


def _curves(curves: Mapping[str, Curve], width: int) -> Table:
    names = sorted(curves, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("metric", "newest", "low", "high"):
        table.add_column(column, justify="left" if column == "metric" else "right", no_wrap=True)
    table.add_column("", no_wrap=True)
    room = max(8, min(60, width - 55))
    for name in names[:MOST_CURVES]:
        values = curves[name][1]
        finite = [value for value in values if math.isfinite(value)] or [math.nan]
        figures = [_figure(value) for value in (values[-1], min(finite), max(finite))]
        table.add_row(Text(harmless(name)), *figures, Text(sparkline(values, width=room), style="cyan"))
    return table


def _weights(weights: Mapping[str, float], width: int) -> Table:
    table = Table.grid(padding=(0, 1))
    for teacher, weight in weights.items():
        bar = ProgressBar(total=1.0, completed=weight, width=max(10, min(40, width - 40)))
        table.add_row(Text(harmless(teacher)), bar, f"{weight:.3f}")
    return table


def _figure(value: float) -> str:
    return number(value) if math.isfinite(value) else str(value)
