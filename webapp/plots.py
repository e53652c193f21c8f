"""What is drawn on the card of a dataset or teacher: whole figures; the browser only adds the theme's colours.

A trace names its colour by `tone`, the number of a series in the style sheet. Reports of older registrations
lack statistics: what is missing is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.charts import CONFIG, plain_layout
from webapp.nouns import noun_of

SPLITS = ("train", "val", "test")
STILL = {**CONFIG, "displayModeBar": False, "staticPlot": False, "scrollZoom": False}

# key, title, axis, unit of mean and median
HISTOGRAMS = (
    ("duration", "Length of the videos", "seconds", "s"),
    ("window_seconds", "Length of the windows", "seconds", "s"),
    ("window_share", "Share of the video in the window", "share", "%"),
    ("words", "Words per sentence", "words", ""),
    ("queries_per_video", "Sentences per video", "sentences", ""),
    ("windows_per_query", "Windows per sentence", "windows", ""),
    ("frames", "{Moments} of a {noun}", "{moments}", ""),
    ("seconds", "Length of the {noun}s", "seconds", "s"),
    ("rate", "Frames a second", "frames a second", ""),
    ("fixations", "Fixations of the {noun}s", "fixations", ""),
    ("viewers", "Viewers of the {noun}s", "viewers", ""),
    ("shorter_side", "Shorter side of the {noun}s", "pixels", ""),
    ("aspect", "Width of the {noun}s by their height", "ratio", ""),
    ("kilobytes", "Size of the files", "kB", "kB"),
)


def histograms(statistics: Mapping[str, Any], *, held: str = "images") -> list[dict[str, Any]]:
    """This will return one figure for each distribution that the statistics hold, splits as steps.

    `held` says what samples are.
    """
    moments = "rows" if held == "features" else "frames"
    words = {"noun": noun_of(held), "moments": moments, "Moments": moments.capitalize()}
    return [
        _histogram(
            statistics[key], key=key, title=title.format(**words), axis=axis.format(**words), unit=unit
        )
        for key, title, axis, unit in HISTOGRAMS
        if _is_told(statistics.get(key))
    ]


def positions(statistics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """This will return one heat map for each split: where windows start and where they end."""
    counts = (statistics.get("position") or {}).get("counts") or {}
    return [_position(split, counts[split]) for split in SPLITS if any(map(any, counts.get(split) or ()))]


def quality_bars(
    rows: list[tuple[str, float, float | None]], *, name: str = "This teacher"
) -> dict[str, Any]:
    """This will return bars of a teacher beside the blind baseline; `rows` holds title, own and blind share."""
    titles = [title for title, _, _ in rows]
    both = ((name, 0, [own for _, own, _ in rows]), ("Blind", 7, [blind for _, _, blind in rows]))
    traces = [
        {
            "type": "bar",
            "name": label,
            "tone": tone,
            "x": titles,
            "y": values,
            "hovertemplate": "%{y:.1%}",
        }
        for label, tone, values in both
    ]
    layout = _layout(x_title="", y_format=".0%")
    layout["xaxis"] = {"fixedrange": True, "showgrid": False}
    layout |= {"barmode": "group", "bargap": 0.35, "bargroupgap": 0.08, "hovermode": "x unified"}
    return {"key": "quality", "title": "Quality", "traces": traces, "layout": layout, "config": STILL}


def _is_told(histogram: Any) -> bool:
    """Whether there is more to see than one bar, such as one window for every sentence."""
    counts = (histogram or {}).get("counts") or {}
    filled = {place for split in counts.values() for place, count in enumerate(split) if count}
    return len((histogram or {}).get("edges") or ()) > 2 and len(filled) > 1


def _histogram(told: Mapping[str, Any], *, key: str, title: str, axis: str, unit: str) -> dict[str, Any]:
    edges, is_cut = _drawn_edges(told["edges"])
    traces, legend = [], []
    for tone, split in enumerate(SPLITS):
        counts = told["counts"].get(split) or []
        if not sum(counts):
            continue
        traces.append(_steps(split, edges, counts, tone=tone))
        means = {name: (told.get(name) or {}).get(split) for name in ("mean", "median")}
        legend.append(
            {
                "split": split,
                "tone": tone + 1,
                **{name: _worded(value, unit) for name, value in means.items()},
            }
        )
    layout = _layout(x_title=f"{axis}; the last step holds all above" if is_cut else axis, y_format=".0%")
    layout["hovermode"] = "x unified"
    layout["xaxis"] |= {"tickformat": ".0%" if unit == "%" else "~g", "range": [edges[0], edges[-1]]}
    layout["xaxis"]["unifiedhovertitle"] = {"text": "from %{x}"}
    key = key.replace("_", "-")
    return {
        "key": key,
        "title": title,
        "legend": legend,
        "traces": traces,
        "layout": layout,
        "config": STILL,
    }


def _drawn_edges(edges: list[float]) -> tuple[list[float], bool]:
    """The last bin may reach far, to take the few that are very long: it is drawn as wide as the others."""
    width = edges[1] - edges[0]
    if edges[-1] - edges[-2] <= 1.5 * width:
        return edges, False
    return [*edges[:-1], edges[-2] + width], True


def _steps(split: str, edges: list[float], counts: list[int], *, tone: int) -> dict[str, Any]:
    shares = [count / sum(counts) for count in counts]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": split,
        "tone": tone,
        "line": {"width": 1.8, "shape": "hv"},
        "fill": "tozeroy",
        "x": edges,
        "y": [*shares, shares[-1]],
        "customdata": [*counts, counts[-1]],
        "hovertemplate": "%{y:.1%} (%{customdata:,})",
    }


def _position(split: str, counts: list[list[int]]) -> dict[str, Any]:
    bins = len(counts)
    middles = [(index + 0.5) / bins for index in range(bins)]
    total = sum(map(sum, counts))
    ends = [
        list(column) for column in zip(*counts, strict=True)
    ]  # rows from bottom to top: where windows end
    trace = {
        "type": "heatmap",
        "x": middles,
        "y": middles,
        "z": [[count / total if count else None for count in row] for row in ends],
        "customdata": ends,
        "showscale": False,
        "zmin": 0,
        "hoverongaps": False,
        "hovertemplate": "starts near %{x:.0%}, ends near %{y:.0%}<br>%{customdata:,} windows, %{z:.1%}<extra></extra>",
    }
    layout = _layout(x_title="start", y_format=".0%")
    layout["xaxis"] |= {"range": [0, 1], "tickformat": ".0%", "showgrid": False, "dtick": 0.25}
    layout["yaxis"] |= {"range": [0, 1], "showgrid": False, "title": {"text": "end", "standoff": 4}}
    return {
        "key": f"position-{split}",
        "title": split,
        "total": total,
        "traces": [trace],
        "layout": layout,
        "config": STILL,
    }


def _layout(*, x_title: str, y_format: str) -> dict[str, Any]:
    layout = plain_layout(x_title=x_title)
    layout["yaxis"] = {
        "automargin": True,
        "zeroline": False,
        "tickformat": y_format,
        "rangemode": "tozero",
        "fixedrange": True,
        "nticks": 5,
    }
    layout["xaxis"] |= {"fixedrange": True, "zeroline": False}
    layout |= {"showlegend": False, "dragmode": False}
    return layout


def _worded(value: object, unit: str) -> str:
    if not isinstance(value, int | float):
        return "–"
    return f"{100 * value:.1f} %" if unit == "%" else f"{value:,.1f} {unit}".rstrip()
