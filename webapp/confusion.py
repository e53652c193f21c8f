"""What a classifier takes for what: a table of its classes, and its confusion matrix as a plot."""

from __future__ import annotations

from typing import Any

import numpy as np

from jobs.comparisons.classes import Confusion
from webapp.charts import CONFIG, plain_layout

MOST_DRAWN = 60
"""Classes beyond which cells of the matrix could not be told apart: then only pairs and classes are listed."""
LISTED = 12
PAIRS = 8
LONGEST_LABEL = 14
SIZES = ((12, ""), (26, "m"), (MOST_DRAWN, "l"))
STILL = {**CONFIG, "displayModeBar": False, "scrollZoom": False}


def classes_context(confusion: Confusion | None) -> dict[str, Any]:
    """This will give what a template shows of a confusion matrix; nothing for jobs without classes."""
    if confusion is None:
        return {"class_rows": []}
    rows = confusion.rows()
    count = len(confusion.classes)
    return {
        "class_rows": rows[:LISTED],
        "more_class_rows": rows[LISTED:],
        "class_count": count,
        "mistaken": confusion.mistaken(PAIRS),
        "confusion_plot": confusion_plot(confusion) if count <= MOST_DRAWN else None,
        "confusion_size": next((size for most, size in SIZES if count <= most), "l"),
    }


def confusion_plot(confusion: Confusion) -> dict[str, Any]:
    """This will draw the share of each true class (rows, from the top) that was said to be of each class (columns)."""
    counts_CC = confusion.counts_CC
    share_CC = counts_CC / np.maximum(counts_CC.sum(1, keepdims=True), 1)
    places = list(range(len(confusion.classes)))
    trace = {
        "type": "heatmap",
        "x": places,
        "y": places,
        "z": [
            [round(share, 4) if count else None for share, count in zip(shares, counts, strict=True)]
            for shares, counts in zip(share_CC.tolist(), counts_CC.tolist(), strict=True)
        ],
        "customdata": [
            [
                [_plain(true), _plain(said), count]
                for said, count in zip(confusion.classes, counts, strict=True)
            ]
            for true, counts in zip(confusion.classes, counts_CC.tolist(), strict=True)
        ],
        "zmin": 0,
        "zmax": 1,
        "showscale": False,
        "hoverongaps": False,
        "hovertemplate": "%{customdata[0]} said to be %{customdata[1]}<br>%{customdata[2]:,} samples, %{z:.1%}"
        "<extra></extra>",
    }
    layout = plain_layout(x_title="said to be")
    labels = {
        "tickmode": "array",
        "tickvals": places,
        "ticktext": [_label(name) for name in confusion.classes],
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
    }
    edges = [-0.5, len(places) - 0.5]
    layout["xaxis"] |= {**labels, "range": edges, "rangemode": "normal", "tickangle": -45}
    layout["yaxis"] = {**labels, "range": edges[::-1], "title": {"text": "true class", "standoff": 6}}
    layout |= {"showlegend": False, "dragmode": False}
    return {"traces": [trace], "layout": layout, "config": STILL}


def _label(name: str) -> str:
    return _plain(name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…")


def _plain(name: str) -> str:
    """The chart reads its own mark-up."""
    return name.replace("&", "&amp;").replace("<", "‹").replace(">", "›")
