"""Figures of Inspect: how weights are spread over samples, and those of one sample over training."""

from __future__ import annotations

from math import isfinite
from typing import Any

from jobs.queries.inspect.counts import BINS, Spread
from jobs.queries.inspect.training import Course
from webapp.charts import plain_layout
from webapp.pages.inspect_model_words import TAUGHT
from webapp.pages.inspect_rows import tones_of
from webapp.plots import STILL


def spread_figure(spreads: list[Spread], *, x_title: str = TAUGHT.weight) -> dict[str, Any] | None:
    """This will draw each teacher's weights over samples as steps; None where there are none, or all are 0 or 1."""
    if not any(sum(spread.counts) for spread in spreads) or _is_all_or_nothing(spreads):
        return None
    edges = [place / BINS for place in range(BINS + 1)]
    tones = tones_of(spread.teacher for spread in spreads)
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": spread.teacher,
            "tone": tones[spread.teacher] - 1,
            "line": {"width": 1.8, "shape": "hv"},
            "fill": "tozeroy",
            "x": edges,
            "y": [*shares, shares[-1]],
            "customdata": [*spread.counts, spread.counts[-1]],
            "hovertemplate": "%{y:.1%} (%{customdata:,})",
        }
        for spread in spreads
        if (shares := _shares(spread.counts))
    ]
    layout = _layout(x_title=x_title, y_format=".0%")
    layout["xaxis"] |= {"range": [0, 1], "tickformat": ".1f", "unifiedhovertitle": {"text": "from %{x}"}}
    return {"key": "weights", "traces": traces, "layout": layout, "config": STILL}


def course_figure(course: Course) -> dict[str, Any]:
    """This will draw a sample's weights over training, a line a teacher."""
    tones = tones_of(course.weights)
    mode = "lines+markers" if len(course.steps) < 40 else "lines"
    traces = [
        {
            "type": "scatter",
            "mode": mode,
            "name": teacher,
            "tone": tones[teacher] - 1,
            "line": {"width": 1.8},
            "marker": {"size": 4},
            "x": list(course.steps),
            "y": [weight if isfinite(weight) else None for weight in weights],
            "hovertemplate": "%{y:.3f}",
        }
        for teacher, weights in course.weights.items()
    ]
    layout = _layout(x_title="step", y_format=".1f")
    layout["yaxis"] |= {"range": [0, 1.02]}
    layout["xaxis"] |= {"unifiedhovertitle": {"text": "step %{x}"}}
    return {"key": "course", "traces": traces, "layout": layout, "config": STILL}


def _is_all_or_nothing(spreads: list[Spread]) -> bool:
    """Whether each sample is one teacher's alone, of several: nothing lies between the ends."""
    return len(spreads) > 1 and not any(sum(spread.counts[1:-1]) for spread in spreads)


def _shares(counts: tuple[int, ...]) -> list[float]:
    total = sum(counts)
    return [count / total for count in counts] if total else []


def _layout(*, x_title: str, y_format: str) -> dict[str, Any]:
    layout = plain_layout(x_title=x_title)
    layout["xaxis"] |= {"fixedrange": True, "zeroline": False}
    layout["yaxis"] = {
        "automargin": True,
        "zeroline": False,
        "tickformat": y_format,
        "rangemode": "tozero",
        "fixedrange": True,
        "nticks": 5,
    }
    return {**layout, "showlegend": False, "dragmode": False, "hovermode": "x unified"}
